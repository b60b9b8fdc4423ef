#!/usr/bin/Rscript
# Writes tests/data/rdata: small files by R, so that the reader is tested against the program that defines the format.
#
# Rows i = 0..6: x = ((7 i + 3) mod 50 - 20) / 8, k = i + 1, f = low, mid, high, low, ..., s = "t<i mod 2>",
# b = TRUE when i is even; in incomplete.rda, rows 1, 2 and 3 (from 0) lack x, f and k. tests/unit/test_rdata.c computes the same.
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))))
out <- function(name) file.path(here, "rdata", name)
dir.create(out(""), showWarnings = FALSE)

i <- 0:6
frame <- data.frame(k = 1:7, x = ((7 * i + 3) %% 50 - 20) / 8,
                    f = factor(c("low", "mid", "high")[i %% 3 + 1], levels = c("low", "mid", "high")),
                    s = paste0("t", i %% 2), b = i %% 2 == 0, stringsAsFactors = FALSE)
for (version in 2:3)
    for (packing in c("none", "gzip", "bzip2", "xz")) {
        compress <- if (packing == "none") FALSE else packing
        save(frame, file = out(sprintf("frame-%d-%s.rda", version, packing)), version = version, compress = compress)
    }
saveRDS(frame, out("frame.rds"), compress = FALSE)
incomplete <- frame
incomplete$x[2] <- NA
incomplete$f[3] <- NA
incomplete$k[4] <- NA
save(incomplete, file = out("incomplete.rda"), compress = FALSE)
other <- data.frame(z = c(1, 2))
double <- function(x) 2 * x
note <- list("text", quote(a + b), double)
save(note, other, frame, double, file = out("several.rda"), compress = FALSE)
matrix3 <- matrix(((7 * (0:11) + 3) %% 50 - 20) / 8, 4, 3, byrow = TRUE, dimnames = list(NULL, c("a", "b", "c")))
saveRDS(matrix3, out("matrix.rds"), compress = FALSE)
saveRDS(matrix(1:6, 2), out("integers.rds"), compress = FALSE)
sorted <- sort(as.double((7 * (0:99) + 3) %% 50)) # R wraps what it has sorted
saveRDS(data.frame(y = sorted, even = seq(0, 198, by = 2)), out("compact.rds"), compress = FALSE)
saveRDS("only a text", out("text.rds"), compress = FALSE)
save(frame, file = out("ascii.rda"), ascii = TRUE, compress = FALSE)
