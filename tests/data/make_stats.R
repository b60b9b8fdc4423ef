# Expected values of the statistics, by R and its package boot: one case a line, "kind<TAB>name=numbers<TAB>...".
# usage: Rscript make_stats.R OUT.tsv     (tests/oracle/test_stats_r.c reads the committed stats/reference.tsv;
# tests/cli/stats_r.sh runs this again and compares)
out <- file(commandArgs(trailingOnly = TRUE)[1], "w")
number <- function(v) paste(ifelse(is.na(v), "nan", sprintf("%.17g", v)), collapse = " ")
case <- function(kind, ...) {
    f <- list(...)
    cat(kind, paste0(names(f), "=", vapply(f, number, "")), sep = "\t", file = out)
    cat("\n", file = out)
}
# Fixed values without a random generator: a skewed, bumpy sequence rounded to four digits.
wave <- function(n, k) round(exp(sin((1:n) * (1.7 + k)) + 0.3 * cos((1:n) * 0.9 * k)) + 0.05 * k, 4)

# Location, t interval, quantiles
for (k in 1:6) for (level in c(0.9, 0.95)) {
    x <- wave(c(2, 3, 5, 10, 30, 101)[k], k)
    ci <- t.test(x, conf.level = level)$conf.int
    case("location", x = x, level = level, mean = mean(x), sd = sd(x), median = median(x), low = ci[1], high = ci[2],
         q = quantile(x, 0.3, type = 7, names = FALSE))
}

# Median interval: order statistics by the binomial distribution
for (n in c(6, 9, 20, 41)) {
    x <- wave(n, 2)
    k <- qbinom(0.025, n, 0.5)
    case("median", x = x, level = 0.95, low = sort(x)[k], high = sort(x)[n + 1 - k], attained = 1 - 2 * pbinom(k - 1, n, 0.5))
}

# Paired differences: t interval, effect size, wins, ties and losses, sign flips by all patterns. Values in whole
# thousandths: their differences are exact counts, so that ties in the sums are ties.
flip <- function(d) { # distribution of sum(+-d) by convolution over whole numbers
    size <- sum(abs(d))
    p <- c(rep(0, size), 1, rep(0, size))
    at <- seq_along(p)
    for (v in d) {
        up <- ifelse(at - abs(v) >= 1, p[pmax(at - abs(v), 1)], 0)
        down <- ifelse(at + abs(v) <= length(p), p[pmin(at + abs(v), length(p))], 0)
        p <- (up + down) / 2
    }
    sum(p[abs(at - size - 1) >= abs(sum(d))])
}
for (k in 1:8) {
    n <- c(2, 5, 6, 9, 12, 20, 32, 45)[k]
    a <- round(1000 * wave(n, k))
    b <- round(1000 * wave(n, k + 3)) - 40 * k
    b[3 %% n + 1] <- a[3 %% n + 1]
    d <- a - b
    t <- t.test(a, b, paired = TRUE)
    if (n <= 12) { # the same by listing all patterns
        s <- as.matrix(expand.grid(rep(list(c(-1, 1)), n))) %*% d
        stopifnot(abs(flip(d) - mean(abs(s) >= abs(sum(d)))) < 1e-14)
    }
    case("paired", a = a, b = b, level = 0.95, mean = mean(d), sd = sd(d), median = median(d), low = t$conf.int[1],
         high = t$conf.int[2], effect = mean(d) / sd(d), above = sum(d > 0), equal = sum(d == 0), below = sum(d < 0),
         p = flip(d))
}

# Benjamini and Hochberg, with ties and with tests that were not made
for (p in list(c(0.01, 0.02, 0.03, 0.04, 0.05), c(0.001, 0.5, NA, 0.04, 0.04, 1, 0.02, NA), 0.3, c(NA, NA),
               (1:40)^2 / 1700))
    case("bh", p = p, adjusted = p.adjust(p, "BH"))

# BCa interval of the mean: boot's, on the ideal bootstrap (all n^n resamples). Where an interval by 4095 resamples may
# end: the limit's level, off by 4.5 standard errors of the share below it and of the bias correction.
suppressWarnings(library(boot))
for (k in 1:4) for (level in c(0.9, 0.95)) {
    x <- wave(c(4, 5, 6, 7)[k], k)
    n <- length(x)
    t <- rowMeans(as.matrix(expand.grid(rep(list(x), n))))
    d <- (mean(x) - x) * -1
    b <- structure(list(t0 = mean(x), t = matrix(t), R = length(t), data = x, statistic = function(x, i) mean(x[i]),
                        sim = "ordinary", stype = "i", strata = rep(1, n), weights = rep(1 / n, n), call = quote(boot(x))),
                   class = "boot")
    z0 <- qnorm(mean(t < mean(x) - 1e-12) + mean(abs(t - mean(x)) <= 1e-12) / 2) # ties half, as in our definition
    accel <- sum(d^3) / (6 * sum(d^2)^1.5)
    end <- function(p) {
        z <- qnorm(p)
        q <- pnorm(z0 + (z0 + z) / (1 - accel * (z0 + z)))
        se <- sqrt(q * (1 - q) / 4095 + (2 * dnorm(qnorm(q)) * sqrt(0.25 / 4095) / dnorm(0))^2)
        quantile(t, pmin(pmax(q + c(-4.5, 4.5) * se, 0), 1), names = FALSE)
    }
    if (mean(abs(t - mean(x)) <= 1e-12) < 1e-3) { # boot counts no ties: the same limits where there are hardly any
        ours <- boot.ci(b, conf = level, type = "bca", L = d)$bca[4:5]
        stopifnot(ours[1] >= end((1 - level) / 2)[1], ours[1] <= end((1 - level) / 2)[2],
                  ours[2] >= end((1 + level) / 2)[1], ours[2] <= end((1 + level) / 2)[2])
    }
    case("bca", x = x, level = level, low = end((1 - level) / 2), high = end((1 + level) / 2))
}

# Friedman (ties share ranks) with Iman and Davenport's F, Nemenyi's critical difference
for (k in 1:5) {
    blocks <- c(4, 6, 10, 25, 3)[k]
    methods <- c(3, 5, 7, 10, 4)[k]
    score <- matrix(wave(blocks * methods, k), blocks, byrow = TRUE)
    if (k %% 2 == 0) score <- round(score)
    f <- friedman.test(score)
    chi2 <- unname(f$statistic)
    F <- (blocks - 1) * chi2 / (blocks * (methods - 1) - chi2)
    for (alpha in c(0.05, 0.1))
        case("friedman", blocks = blocks, methods = methods, score = t(score), alpha = alpha,
             rank = colMeans(t(apply(score, 1, rank))), chi2 = chi2,
             p = pf(F, methods - 1, (methods - 1) * (blocks - 1), lower.tail = FALSE),
             critical = qtukey(1 - alpha, methods, Inf) / sqrt(2) * sqrt(methods * (methods + 1) / (6 * blocks)))
}

# Power of the paired t test, and the pairs it takes; never fewer than the sign-flip test needs to reach alpha
for (sd in c(0.3, 1, 4)) for (delta in c(0.2, 1, 5)) for (alpha in c(0.05, 0.01)) for (power in c(0.8, 0.95)) {
    floor <- 2
    while (2^(1 - floor) > alpha) floor <- floor + 1
    n <- floor
    reaches <- function(n) power.t.test(n, delta, sd, alpha, type = "paired")$power >= power
    if (!reaches(n)) n <- ceiling(power.t.test(NULL, delta, sd, alpha, power, type = "paired", tol = 1e-10)$n - 1e-6)
    stopifnot(reaches(n), n == floor || !reaches(n - 1))
    case("needed", sd = sd, delta = delta, alpha = alpha, power = power, n = n,
         at = power.t.test(n, delta, sd, alpha, type = "paired")$power)
}

# Components of variance of nested layouts: mean squares by aov; intervals by Ting et al. (1990)
for (k in 1:4) {
    level <- list(c(1, 4, 5, 1), c(3, 4, 2, 1), c(2, 3, 4, 3), c(6, 1, 1, 3))[[k]]
    used <- which(level > 1)
    n <- prod(level)
    unit <- lapply(1:4, function(i) factor((0:(n - 1)) %/% (n / prod(level[1:i]))))
    names(unit) <- c("a", "b", "c", "d")
    y <- wave(n, k) + 0.6 * as.integer(unit[[used[1]]]) %% 3
    # units have names of their own, so that each factor nests in the one before; the innermost is the residual
    outer <- names(unit)[used[-length(used)]]
    f <- summary(aov(as.formula(paste("y ~", paste(outer, collapse = "+"))), data = c(unit, list(y = y))))[[1]]
    df <- ms <- var <- low <- high <- rep(NaN, 4)
    df[used] <- f[["Df"]]
    df[-used] <- 0
    ms[used] <- f[["Mean Sq"]]
    tail <- 0.025
    for (j in seq_along(used)) {
        i <- used[j]
        if (j == length(used)) {
            var[i] <- ms[i]
            low[i] <- df[i] * ms[i] / qchisq(1 - tail, df[i])
            high[i] <- df[i] * ms[i] / qchisq(tail, df[i])
            next
        }
        o <- used[j + 1]
        each <- n / prod(level[1:i])
        var[i] <- (ms[i] - ms[o]) / each
        up <- qf(1 - tail, df[i], df[o])
        down <- qf(tail, df[i], df[o])
        g <- 1 - c(df[i], df[o]) / qchisq(1 - tail, c(df[i], df[o]))
        h <- c(df[i], df[o]) / qchisq(tail, c(df[i], df[o])) - 1
        g12 <- ((up - 1)^2 - g[1]^2 * up^2 - h[2]^2) / up
        h12 <- ((1 - down)^2 - h[1]^2 * down^2 - g[2]^2) / down
        low[i] <- max(0, ms[i] - ms[o] - sqrt(max(0, g[1]^2 * ms[i]^2 + h[2]^2 * ms[o]^2 + g12 * ms[i] * ms[o]))) / each
        high[i] <- max(0, ms[i] - ms[o] + sqrt(max(0, h[1]^2 * ms[i]^2 + g[2]^2 * ms[o]^2 + h12 * ms[i] * ms[o]))) / each
    }
    case("nested", x = y, level = level, df = df, ms = ms, variance = var, low = low, high = high,
         share = pmax(var, 0) / sum(pmax(var, 0), na.rm = TRUE))
}

# Performance profiles: share of problems where a method is within tau times the best
cost <- matrix(c(1, 2, 4, 3, 3, 3, 5, 2, 10, 1, 1.5, 1.25), 4, byrow = TRUE)
ratio <- cost / apply(cost, 1, min)
for (j in 1:3) {
    tau <- sort(unique(ratio[, j]))
    case("profile", cost = t(cost), methods = 3, method = j, tau = tau, share = ecdf(ratio[, j])(tau))
}
close(out)
