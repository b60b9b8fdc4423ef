#!/bin/sh
# Every data set of datasets/: described in full; read from small files in its published format, made here by other
# programs; the same bits as arrays with the same content.
. "$(dirname "$0")/datasets.inc"
unset SELBENCH_MIRROR
for f in "$root"/datasets/*.yaml; do
    name=$(basename "$f" .yaml)
    expect 0 "citation:" "$selbench" describe "$name"
    for words in "task:" "shape:" "target:" "test part:" "licence:" "source:" "SHA-256 of the" "    @"; do
        case $out in *"$words"*) ;; *) die "describe $name does not say '$words': $out" ;; esac
    done
done
for name in fashion-mnist mnist cifar-10 cifar-100 usps svhn covertype california-housing year higgs susy a9a w8a ijcnn1 \
    rcv1 gas gas-drift gas-drift-concentration protein bike elevators pol keggundirected ct-slices buzz superconductivity \
    online-news letter satellite shuttle diamonds glove-100 sift glove-6b cifar-100-clip utkface-clip stanford-cars-clip; do
    [ -f "$root/datasets/$name.yaml" ] || die "no data set '$name'"
done

python table
while read -r row; do
    grep -qxF "$row" "$root/datasets/README.md" || die "datasets/README.md lacks the row: $row"
done <names
[ "$(grep -c '^| `.* + .* |' "$root/datasets/README.md")" -eq "$(wc -l <names)" ] || die "README.md has rows of other sets"

python made
[ "$(wc -l <names)" -ge 30 ] || die "too few sets: $(cat unable)"
export SELBENCH_HOME="$work/home" SELBENCH_MIRROR="$work/mirror"
for name in $(cat names); do
    expect 0 ", 0 not" "$selbench" fetch "$name" --offline --trust-first-use
done
compare names
