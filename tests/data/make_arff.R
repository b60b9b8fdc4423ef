#!/usr/bin/Rscript
# Writes tests/data/arff/frame.arff by R's package foreign, so that the reader is tested against another writer: the data
# frame of make_rdata.R with two values missing. tests/unit/test_arff.c computes the same.
library(foreign)
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))))
dir.create(file.path(here, "arff"), showWarnings = FALSE)
i <- 0:6
frame <- data.frame(k = 1:7, x = ((7 * i + 3) %% 50 - 20) / 8,
                    f = factor(c("low", "in between", "it's high")[i %% 3 + 1], levels = c("low", "in between", "it's high")),
                    s = paste0("t ", i %% 2), stringsAsFactors = FALSE)
frame$x[2] <- NA
frame$f[3] <- NA
write.arff(frame, file.path(here, "arff", "frame.arff"))
