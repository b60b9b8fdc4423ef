# A metric against the budget, one line per method with its interval as a band; the last `others` pale and
# without a name. Draws base.tsv: one block per method
# (label; then rows, mean, low, high). Called by the report; by hand: plots/README.md.
if (!exists("scripts")) scripts = "plots"
load scripts."/style.gp"
table = base.".tsv"

set logscale x
set xrange [xmin / 1.12 : xmax * 1.12]
eval "set xtics (".ticks.")"
unset mxtics

do for [kind = 1:2] {
  eval kind == 1 ? svg : png
  plot for [i = named + 1:series] table index i - 1 using 1:2 with lines notitle linecolor rgb pale linewidth 1, \
       for [i = named:1:-1] table index i - 1 using 1:3:4 with filledcurves notitle \
         fillcolor rgb line_colour(i) fillstyle transparent solid band_solid noborder, \
       for [i = 1:named] table index i - 1 using 1:2 with linespoints title columnheader(1) \
         linecolor rgb line_colour(i) pointtype line_marker(i) \
         dashtype line_dash(i) linewidth line_width(i) pointsize 0.8, \
       for [i = 1:(others > 0)] NaN with lines title sprintf("%d others", others) linecolor rgb pale linewidth 1
  unset output
}
