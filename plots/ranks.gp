# Critical-difference diagram: methods on the axis of mean ranks; a bar joins methods whose ranks are closer than the
# critical difference. Draws base.tsv: block 1: rank, height, label; block 2: bars from, to, height. Called by the report.
if (!exists("scripts")) scripts = "plots"
load scripts."/style.gp"
table = base.".tsv"
unset key
unset ytics
set border 1
set grid noytics
set xrange [xmin - 0.15 * (xmax - xmin) : xmax + 0.6 * (xmax - xmin)]
set yrange [0 : series + 1]
step = ceil(series / 12.0)
set xtics 1, step, series
height = series > 14 ? 110 + 22 * series : 440
svg = "set terminal svg size 860,".height." dynamic noenhanced font 'sans-serif,13' background '#FFFFFF';" \
    ." set output base.'.svg'"
png = "set terminal pngcairo size 1290,".int(1.5 * height)." noenhanced font 'sans,15' linewidth 1.4 pointscale 1.3;" \
    ." set output base.'.png'"

do for [kind = 1:2] {
  eval kind == 1 ? svg : png
  plot table index 0 using 1:2 with impulses linecolor "#BBBBBB", \
       table index 0 using 1:2 with points pointtype 7 linecolor rgb colour[1], \
       table index 0 using 1:2:3 with labels left offset 1, 0 notitle, \
       table index 1 using 1:3:($2 - $1):(0) with vectors nohead linecolor rgb colour[2] linewidth 4
  unset output
}
