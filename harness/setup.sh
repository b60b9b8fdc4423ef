#!/bin/sh
# Installs what selbench needs on a Debian machine, if it is missing. usage: setup.sh build|test
# Elsewhere: says what to install and stops. Debian package names; other systems have the same libraries.
set -eu

build="gcc cmake ninja-build pkg-config libc6-dev libopenblas-dev liblapacke-dev libyaml-dev zlib1g-dev libdeflate-dev libjansson-dev
libssl-dev libcurl4-openssl-dev libarchive-dev librandom123-dev libhdf5-dev"
run="gnuplot-nox dataset-fashion-mnist ca-certificates"
test="check git procps openssl python3-numpy python3-h5py r-base-core r-cran-boot r-cran-mlbench chromium"

case ${1:-build} in
build) want="$build $run" ;;
test) want="$build $run $test" ;;
*)
    echo "usage: setup.sh build|test" >&2
    exit 2
    ;;
esac

missing=""
if command -v dpkg-query >/dev/null 2>&1; then
    for p in $want; do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
    done
    [ -n "$missing" ] || exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    {
        echo "This system has no apt-get. Install what these Debian packages hold, then run the command again with"
        echo "SELBENCH_NO_SETUP=1 in the environment:"
        for p in $want; do echo "  $p"; done
        echo "Without dataset-fashion-mnist, the data come from its URLs or from a folder named in SELBENCH_MIRROR."
    } >&2
    exit 1
fi

root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "Missing packages:$missing. Run as root: apt-get install$missing" >&2
        exit 1
    fi
    root=sudo
fi
echo "installing:$missing"
$root apt-get update -qq || echo "package lists could not be renewed: going on with those there are" >&2
# shellcheck disable=SC2086 # a list of names
DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >/dev/null
