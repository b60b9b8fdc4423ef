# Quality against cost: one line per method through its budgets, intervals of the quality as bars. Draws base.tsv: one
# block per method (label; then cost, mean, low, high). Called by the report; by hand: plots/README.md.
if (!exists("scripts")) scripts = "plots"
load scripts."/style.gp"
table = base.".tsv"

if (logx) { set logscale x; set format x "%g"; set xrange [xmin / 1.25 : xmax * 1.25] }
else { margin = 0.04 * (xmax - xmin + (xmax == xmin)); set xrange [xmin - margin : xmax + margin] }
set grid xtics linecolor "#E4E4E4" linetype 1 linewidth 1

do for [kind = 1:2] {
  eval kind == 1 ? svg : png
  plot for [i = 1:series] table index i - 1 using 1:2:3:4 with yerrorbars notitle pointtype -1 \
         linecolor rgb line_colour(i) linewidth 1, \
       for [i = 1:series] table index i - 1 using 1:2 with linespoints title columnheader(1) \
         linecolor rgb line_colour(i) pointtype line_marker(i) \
         dashtype line_dash(i) linewidth line_width(i) pointsize 0.8
  unset output
}
