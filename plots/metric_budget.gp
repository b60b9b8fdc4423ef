# A metric against the budget, one line per method with its interval as a band; the last `others` pale and
# without a name. With a single budget: side by side, intervals as bars. Draws base.tsv: one block per method
# (label; then rows, mean, low, high). Called by the report; by hand: plots/README.md.
if (!exists("scripts")) scripts = "plots"
load scripts."/style.gp"
table = base.".tsv"

unset mxtics
if (single) { set xrange [0 : series + 1]; unset xtics }
else { set logscale x; set xrange [xmin / 1.12 : xmax * 1.12]; eval "set xtics (".ticks.")" }

do for [kind = 1:2] {
  eval kind == 1 ? svg : png
  if (single) {
    plot for [i = 1:series] table index i - 1 using (i):2:3:4 with yerrorbars notitle pointtype -1 \
           linecolor rgb i > named ? pale : line_colour(i) linewidth 1.4, \
         for [i = named + 1:series] table index i - 1 using (i):2 with points notitle linecolor rgb pale \
           pointtype 7 pointsize 0.4, \
         for [i = 1:named] table index i - 1 using (i):2 with points title columnheader(1) \
           linecolor rgb line_colour(i) pointtype line_marker(i) linewidth line_width(i), \
         for [i = 1:(others > 0)] NaN with points title sprintf("%d others", others) linecolor rgb pale pointtype 7
  } else {
    plot for [i = named + 1:series] table index i - 1 using 1:2 with lines notitle linecolor rgb pale linewidth 1, \
         for [i = named:1:-1] table index i - 1 using 1:3:4 with filledcurves notitle \
           fillcolor rgb line_colour(i) fillstyle transparent solid band_solid noborder, \
         for [i = 1:named] table index i - 1 using 1:2 with linespoints title columnheader(1) \
           linecolor rgb line_colour(i) pointtype line_marker(i) \
           dashtype line_dash(i) linewidth line_width(i) pointsize 0.8, \
         for [i = 1:(others > 0)] NaN with lines title sprintf("%d others", others) linecolor rgb pale linewidth 1
  }
  unset output
}
