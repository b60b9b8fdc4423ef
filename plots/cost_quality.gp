# Quality against cost: one line per method through its budgets, intervals of the quality as bars. Draws base.tsv: one block
# per method (label; then cost, mean, low, high). Called by the report; by hand see plots/README.md.
if (!exists("scripts")) scripts = "plots"
load scripts."/style.gp"
table = base.".tsv"

if (logx) { set logscale x; set format x "%g"; set xrange [xmin / 1.25 : xmax * 1.25] }
else { set xrange [xmin - 0.04 * (xmax - xmin + (xmax == xmin)) : xmax + 0.04 * (xmax - xmin + (xmax == xmin))] }
set grid xtics linecolor "#E4E4E4" linetype 1 linewidth 1

do for [kind = 1:2] {
  if (kind == 1) { set terminal svg size 860,440 dynamic noenhanced font "sans-serif,13" background "#FFFFFF"; set output base.".svg" }
  else { set terminal pngcairo size 1290,660 noenhanced font "sans,15" fontscale 1 linewidth 1.4 pointscale 1.3; set output base.".png" }
  plot for [i = 1:series] table index i - 1 using 1:2:3:4 with yerrorbars notitle pointtype -1 \
         linecolor rgb line_colour(i) linewidth 1, \
       for [i = 1:series] table index i - 1 using 1:2 with linespoints title columnheader(1) \
         linecolor rgb line_colour(i) pointtype line_marker(i) dashtype line_dash(i) linewidth line_width(i) pointsize 0.8
  unset output
}
