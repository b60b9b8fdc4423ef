#!/bin/sh
# All the tests: installs what is missing, builds with sanitizers and in release, runs every Check program in both and the
# command-line tests, and ends with the plain line `N passed, N failed`.
# usage: run.sh [NAME...]   only test programs and command-line tests whose name contains one of these
set -u
cd "$(dirname "$0")/.." || exit 1
root=$(pwd)
[ -n "${SELBENCH_NO_SETUP:-}" ] || sh harness/setup.sh test || exit 1

passed=0
failed=0
skipped=0
log=$(mktemp -d) || exit 1
trap 'rm -rf "$log"' EXIT

build() { # folder, further cmake options
    folder=$1
    shift
    echo "building $folder"
    cmake -S . -B "$folder" -G Ninja -DSB_TESTS=ON "$@" >"$log/cmake" 2>&1 &&
        ninja -C "$folder" >"$log/ninja" 2>&1 && return 0
    cat "$log/cmake" "$log/ninja" 2>/dev/null
    echo "the build in $folder failed"
    echo "$passed passed, $((failed + 1)) failed"
    exit 1
}

wanted() {
    [ "$#" -gt 1 ] || return 0
    name=$1
    shift
    for w in "$@"; do case $name in *"$w"*) return 0 ;; esac done
    return 1
}

count() { # output of one program: adds Check's own totals
    checks=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' "$1" | tail -n 1)
    # shellcheck disable=SC2086 # three numbers
    set -- $checks
    if [ "$#" -ne 3 ]; then
        failed=$((failed + 1))
        return 1
    fi
    passed=$((passed + $1 - $2 - $3))
    failed=$((failed + $2 + $3))
    [ $(($2 + $3)) -eq 0 ]
}

export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_CORETYPE=Haswell CK_DEFAULT_TIMEOUT=300

programs() { # folder, CK_FORK, names
    folder=$1
    fork=$2
    shift 2
    for program in "$folder"/tests/test_*; do
        name=$(basename "$program")
        [ -x "$program" ] && [ -f "$program" ] && wanted "$name" "$@" || continue
        if (cd "$folder" && CK_FORK=$fork ASAN_OPTIONS=allocator_may_return_null=1 "$root/$program") >"$log/out" 2>&1 && count "$log/out"; then
            echo "ok    $folder $name"
        else
            count "$log/out" >/dev/null 2>&1 || true
            echo "FAIL  $folder $name"
            tail -n 40 "$log/out"
        fi
    done
}

build build/sanitize -DCMAKE_BUILD_TYPE=Debug -DSB_SANITIZE=ON
programs build/sanitize no "$@"
build build/test -DCMAKE_BUILD_TYPE=Release
programs build/test yes "$@"

for script in tests/lint/*.sh tests/cli/*.sh; do
    [ -f "$script" ] && wanted "$(basename "$script" .sh)" "$@" || continue
    SELBENCH="$root/build/test/selbench" SELBENCH_SANITIZED="$root/build/sanitize/selbench" sh "$script" >"$log/out" 2>&1
    case $? in
    0)
        passed=$((passed + 1))
        echo "ok    $script"
        ;;
    77) # the machine lacks what it needs: its last line says what
        skipped=$((skipped + 1))
        echo "skip  $script: $(tail -n 1 "$log/out")"
        ;;
    *)
        failed=$((failed + 1))
        echo "FAIL  $script"
        tail -n 40 "$log/out"
        ;;
    esac
done

[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
