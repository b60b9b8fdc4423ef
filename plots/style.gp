# What all figures share: terminals, fonts, the palette. Needs base (path without its ending), series, reference,
# anchors, others and the texts that plots/README.md lists.
#
# Eight colours that stay apart for the colour-blind (Okabe and Ito 2008, yellow left out for white paper), each with
# its own marker, so that grey print works too; from the ninth method on the lines are dashed.
svg = "set terminal svg size 860,440 dynamic noenhanced font 'sans-serif,13' background '#FFFFFF';" \
    ." set output base.'.svg'"
png = "set terminal pngcairo size 1290,660 noenhanced font 'sans,15' linewidth 1.4 pointscale 1.3;" \
    ." set output base.'.png'"
array colour[8] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#8C6D31"]
array marker[8] = [7, 5, 9, 11, 13, 15, 4, 12]
methods = series - reference - anchors - others

# Series 1 is the reference (black), then anchors (grey, dashed), then the methods; those without a name come last, pale.
named = series - others
is_reference(i) = i <= reference
is_anchor(i) = !is_reference(i) && i <= reference + anchors
place(i) = i - reference - anchors - 1
line_colour(i) = is_reference(i) ? "#000000" : is_anchor(i) ? "#707070" : colour[1 + place(i) % 8]
line_marker(i) = is_reference(i) ? 6 : is_anchor(i) ? 1 + (i - reference) % 3 : marker[1 + place(i) % 8]
line_dash(i) = is_anchor(i) ? 3 : !is_reference(i) && place(i) >= 8 ? 2 : 1
line_width(i) = is_reference(i) ? 2.6 : is_anchor(i) ? 1.7 : 1.9
band_solid = methods > 7 ? 0.07 : methods > 4 ? 0.13 : 0.18

set dashtype 2 (9, 4)
set dashtype 3 (3, 3)
set border 3 linecolor "#444444"
set tics nomirror out scale 0.6 textcolor "#222222"
set grid ytics linecolor "#E4E4E4" linetype 1 linewidth 1
set key outside right top vertical Left reverse noenhanced spacing 1.25 samplen 2.4
set title heading."\n".place_name noenhanced
set xlabel x_label noenhanced offset 0, 0.2
set ylabel y_label noenhanced
pale = "#CFCFCF"
set datafile separator "\t"
set datafile missing "NaN"
set format y "%g"
if (logy) { set logscale y; set yrange [ymin:ymax]; set grid mytics; set mytics 10 }
if (strlen(yticks)) eval "set ytics (".yticks.")"
