# What all figures share: terminals, fonts, the palette. Needs: base (path without its ending), series, reference, anchors.
#
# Eight colours that stay apart for the colour-blind (Okabe and Ito 2008, yellow left out for white paper), each with its
# own marker, so that grey print works too; from the ninth method on the lines are dashed.
array colour[8] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#8C6D31"]
array marker[8] = [7, 5, 9, 11, 13, 15, 6, 4]
methods = series - reference - anchors

# Series 1 is the reference (black), then anchors (grey, dashed), then the methods.
is_reference(i) = i <= reference
is_anchor(i) = !is_reference(i) && i <= reference + anchors
place(i) = i - reference - anchors - 1
line_colour(i) = is_reference(i) ? "#000000" : is_anchor(i) ? "#808080" : colour[1 + place(i) % 8]
line_marker(i) = is_reference(i) ? 8 : is_anchor(i) ? 1 + (i - reference) % 3 : marker[1 + place(i) % 8]
line_dash(i) = is_anchor(i) ? 3 : !is_reference(i) && place(i) >= 8 ? 2 : 1
line_width(i) = is_reference(i) ? 2.6 : is_anchor(i) ? 1.4 : 1.9
band_solid = methods > 4 ? 0.10 : 0.16

set dashtype 2 (9, 4)
set dashtype 3 (3, 3)
set border 3 linecolor "#444444"
set tics nomirror out scale 0.6 textcolor "#222222"
set grid ytics linecolor "#E4E4E4" linetype 1 linewidth 1
set key outside right top vertical Left reverse noenhanced spacing 1.25 samplen 2.4
set title heading noenhanced
set xlabel x_label noenhanced offset 0, 0.2
set ylabel y_label noenhanced
set datafile separator "\t"
set datafile missing "NaN"
set format y "%g"
if (logy) { set logscale y; set grid mytics; set mytics 10 }
