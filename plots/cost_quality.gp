# Quality against cost: one line per method through its budgets, intervals of the quality as bars, circles where a
# method breaks even with the reference. Draws base.tsv: one block per method (label; then cost, mean, low, high), and one
# of the circles (label; then cost, mean) where there are any. Called by the report; by hand: plots/README.md.
if (!exists("scripts")) scripts = "plots"
load scripts."/style.gp"
table = base.".tsv"

if (logx) { set logscale x; set format x "%g"; set xrange [xmin / 1.25 : xmax * 1.25] }
if (strlen(ticks)) eval "set xtics (".ticks.")"
if (!logx) { margin = 0.04 * (xmax - xmin + (xmax == xmin)); set xrange [xmin - margin : xmax + margin] }
set grid xtics linecolor "#E4E4E4" linetype 1 linewidth 1

do for [kind = 1:2] {
  eval kind == 1 ? svg : png
  plot for [i = named + 1:series] table index i - 1 using 1:2 with linespoints notitle linecolor rgb pale \
         linewidth 1 pointtype 7 pointsize 0.3, \
       for [i = 1:named] table index i - 1 using 1:2:3:4 with yerrorbars notitle pointtype -1 \
         linecolor rgb line_colour(i) linewidth 1, \
       for [i = 1:named] table index i - 1 using 1:2 with linespoints title columnheader(1) \
         linecolor rgb line_colour(i) pointtype line_marker(i) \
         dashtype line_dash(i) linewidth line_width(i) pointsize 0.8, \
       for [i = 1:(others > 0)] NaN with lines title sprintf("%d others", others) linecolor rgb pale linewidth 1, \
       for [i = 1:(crossings > 0)] table index series using 1:2 with points title columnheader(1) \
         pointtype 6 pointsize 1.4 linewidth 1.6 linecolor rgb "#000000"
  unset output
}
