#!/bin/sh
# Calls that stay in their one place: memory in the arena, printing in cli, clocks in base, no global randomness.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
ban() { # call names (regex), files that may use them (regex), reason
    for f in harness/*/*.c methods/*.c datasets/*.c; do
        echo "$f" | grep -qE "^($2)" && continue
        # code only: comments and texts are cut out
        sed -e 's://.*$::' -e 's:"\([^"\\]\|\\.\)*":"":g' "$f" | sed -e ':a;s:/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/::g;/\/\*/{N;ba}' |
            grep -nE "(^|[^_a-zA-Z0-9>.])($1)[[:space:]]*\(" | sed "s|^|$f:|;s|\$|    <- $3|" | grep . && bad=1
    done
    return 0
}
ban 'malloc|calloc|realloc|free|strdup|aligned_alloc|posix_memalign|alloca' 'harness/base/arena.c' 'memory comes from the arena'
ban 'printf|puts|putchar|vprintf|perror' 'harness/cli/' 'only the command line prints'
ban 'rand|srand|random|drand48|rand_r|getrandom' 'nothing' 'draws come from named streams'
ban 'time|clock|gettimeofday|clock_gettime|localtime' 'harness/base/file.c' 'clocks are read in base/file.c'
ban 'getenv|secure_getenv' 'harness/data/places.c|harness/cli/main.c|harness/cli/cmd_doctor.c' 'the environment is read in data/places.c and by main'
ban 'exit|abort|quick_exit' 'harness/base/status.c' 'library code returns a status'
ban 'strcpy|strcat|sprintf|gets|atoi|atof|strtok' 'nothing' 'unbounded or unchecked'
exit $bad
