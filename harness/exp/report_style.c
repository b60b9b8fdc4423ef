/* The look of report.html: light and dark, wide and narrow, print. */
#include <string.h>

#include "report_parts.h"

static const char *const style[] = {
    ":root{color-scheme:light "
    "dark;--bg:#fbfbfa;--card:#fff;--ink:#1c1e21;--soft:#5b6169;--line:#e1e3e6;--edge:#7b828a;--dot:#c9cdd2;--pick:#"
    "c2410c;"
    "--link:#0a58a8;--good:#0b5aa0;--good-bg:#dcecfa;--bad:#a34400;--bad-bg:#fde7d3;--same:#5b6169;"
    "--same-bg:#eeeff1;--note:#7a5b00;--note-bg:#fff6d9}\n",
    "@media(prefers-color-scheme:dark){:root{--bg:#15171a;--card:#1d2024;--ink:#e6e8ea;--soft:#a2a9b1;"
    "--line:#343940;--edge:#868d96;--dot:#474d55;--pick:#f59e5b;--link:#7db7f0;--good:#9ccbf7;--good-bg:#173550;--bad:#"
    "ffb27a;--bad-bg:#4a2a10;"
    "--same:#a2a9b1;--same-bg:#2a2e33;--note:#f0d48a;--note-bg:#3a3115}}\n",
    "*{box-sizing:border-box}\n",
    "html{-webkit-text-size-adjust:100%}\n",
    "body{margin:0;background:var(--bg);color:var(--ink);"
    "font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif}\n",
    "main,header,footer{max-width:78rem;margin:0 auto;padding:0 1.25rem}\n",
    "header{padding-top:2.2rem}\n",
    "h1{font-size:1.75rem;line-height:1.25;margin:0 0 .4rem;overflow-wrap:anywhere}\n",
    "h2{font-size:1.3rem;margin:2.6rem 0 .6rem;padding-top:.9rem;border-top:1px solid var(--line)}\n",
    "h3{font-size:1.08rem;margin:1.6rem 0 .4rem;overflow-wrap:anywhere}\n",
    "h4{font-size:.98rem;margin:1rem 0 .2rem}\n",
    "p{margin:.4rem 0}\n",
    "p,li,figcaption,summary{overflow-wrap:anywhere}\n",
    "a{color:var(--link)}\n",
    ".soft{color:var(--soft)}\n",
    "small,.small{font-size:.86rem}\n",
    "nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:.9rem 0 0;font-size:.92rem}\n",
    "nav a{text-decoration:none}\n",
    "nav a:hover{text-decoration:underline}\n",
    ".answer{background:var(--card);border:1px solid var(--line);border-radius:12px;"
    "padding:1.1rem 1.35rem 1.3rem;margin-top:1.4rem}\n",
    ".answer h2{border:0;margin:0;padding:0}\n",
    ".lead{font-size:1.12rem;font-weight:600;line-height:1.45}\n",
    ".lead+.lead{font-size:.95rem;font-weight:400;color:var(--soft)}\n",
    ".caution{background:var(--note-bg);color:var(--note);border-radius:8px;padding:.5rem .8rem;margin:.6rem 0}\n",
    "ul.said{list-style:none;margin:.25rem 0 .5rem;padding:0}\n",
    "ul.said li{margin:.28rem 0;padding-left:1.9rem;position:relative;overflow-wrap:anywhere}\n",
    "ul.said li::before{position:absolute;left:0;top:.12rem;width:1.35rem;height:1.35rem;line-height:1.3rem;"
    "text-align:center;border-radius:5px;font-weight:700;font-size:.92rem}\n",
    "li.better::before{content:'+';background:var(--good-bg);color:var(--good)}\n",
    "li.worse::before{content:'\\2212';background:var(--bad-bg);color:var(--bad)}\n",
    "li.same::before{content:'~';background:var(--same-bg);color:var(--same)}\n",
    "li.scale{color:var(--soft)}\n",
    "li.scale::before{content:'';}\n",
    ".scroll{position:relative;overflow-x:auto;margin:.6rem 0 1rem;border:1px solid var(--line);border-radius:10px;"
    "background:var(--card)}\n",
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.92rem}\n",
    "caption{text-align:left;padding:.6rem .8rem;color:var(--soft);font-size:.88rem;caption-side:top;"
    "max-width:calc(100vw - 2.5rem)}\n",
    "th,td{padding:.42rem .55rem;text-align:right;vertical-align:top;border-top:1px solid var(--line)}\n",
    "thead th{border-top:0;font-weight:600;vertical-align:bottom}\n",
    "thead button{font:inherit;color:inherit;background:none;border:0;border-radius:4px;margin:-.15rem -.3rem;"
    "padding:.15rem .3rem;text-align:inherit;white-space:inherit;cursor:pointer}\n",
    "thead button:hover{background:var(--same-bg)}\n",
    "th[aria-sort] button::after{content:'\\2195';color:var(--soft);font-weight:400;margin-left:.3em}\n",
    "th[aria-sort=ascending] button::after{content:'\\2191';color:var(--link)}\n",
    "th[aria-sort=descending] button::after{content:'\\2193';color:var(--link)}\n",
    "label.filter{display:block;font-size:.88rem;color:var(--soft);margin:.6rem 0 -.2rem}\n",
    "label.filter input{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--edge);"
    "border-radius:6px;padding:.2rem .5rem;width:14rem;max-width:60vw}\n",
    "td a{color:inherit;text-decoration:underline dotted;text-underline-offset:.2em}\n",
    "td a:hover{text-decoration:underline}\n",
    "table.verdicts td a{text-decoration:none;display:block}\n",
    "tr:target>*,tr:target>th[scope=row]{background:var(--note-bg)}\n",
    ":focus-visible{outline:2px solid var(--link);outline-offset:2px}\n",
    ".skip{position:absolute;left:-99rem}\n",
    ".skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.4rem .8rem}\n",
    "thead th.span{text-align:center;border-left:1px solid var(--line)}\n",
    "th[scope=row]{text-align:left;font-weight:600;position:sticky;left:0;background:var(--card);"
    "overflow-wrap:break-word;min-width:7.5rem;max-width:11rem}\n",
    "th.l,td.l{text-align:left;overflow-wrap:anywhere;min-width:8rem}\n",
    "tr.anchor th[scope=row]{font-weight:400;font-style:italic}\n",
    "tr.anchor td{color:var(--soft)}\n",
    "tr.ref{background:var(--same-bg)}\n",
    "tr.ref th[scope=row]{background:var(--same-bg)}\n",
    "td b{font-weight:600}\n",
    "td .ci,td .d{display:block;font-size:.8rem;color:var(--soft);white-space:nowrap}\n",
    "td.better .d{color:var(--good)}\n",
    "td.worse .d{color:var(--bad)}\n",
    "td .mark{display:inline-block;min-width:1.15em;text-align:center;border-radius:4px;font-weight:700;"
    "padding:0 .2em}\n",
    "td.better .mark{background:var(--good-bg);color:var(--good)}\n",
    "td.worse .mark{background:var(--bad-bg);color:var(--bad)}\n",
    "td.undecided .mark{background:var(--same-bg);color:var(--same)}\n",
    ":root{--h0:#ffffff;--h1:#f1f7fc;--h2:#e2eef9;--h3:#d4e6f7;--h4:#c5def4;"
    "--h5:#b7d5f1;--h6:#a8cdee;--h7:#9ac5ec;--h8:#8bbce9;--h9:#7db4e6}\n",
    "@media(prefers-color-scheme:dark){:root{--h0:#1d2024;--h1:#1d2731;--h2:#1d2e3e;--h3:#1e354b;--h4:#1e3c58;"
    "--h5:#1e4365;--h6:#1e4a72;--h7:#1f517f;--h8:#1f588c;--h9:#1f5f99}}\n",
    ".h0{background:var(--h0)}.h1{background:var(--h1)}.h2{background:var(--h2)}.h3{background:var(--h3)}.h4{"
    "background:var(--h4)}"
    ".h5{background:var(--h5)}.h6{background:var(--h6)}.h7{background:var(--h7)}.h8{background:var(--h8)}.h9{"
    "background:var(--h9)}\n",
    ".fail{color:var(--bad);font-size:.82rem;display:block}\n",
    "table.verdicts td{text-align:center;padding:.3rem}\n",
    "table.verdicts td.better{background:var(--good-bg);color:var(--good)}\n",
    "table.verdicts td.worse{background:var(--bad-bg);color:var(--bad)}\n",
    "table.verdicts td.undecided{color:var(--same)}\n",
    "table.verdicts td{font-weight:700;border-left:1px solid var(--line)}\n",
    "table.verdicts td.sum{font-weight:400;white-space:nowrap}\n",
    "table.verdicts thead th{text-align:center;white-space:normal}\n",
    "table.verdicts thead th.l{text-align:left}\n",
    ".legend{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;font-size:.88rem;color:var(--soft);margin:.3rem 0}\n",
    ".legend b{display:inline-block;min-width:1.5em;text-align:center;border-radius:4px;margin-right:.35em}\n",
    ".legend .better{background:var(--good-bg);color:var(--good)}\n",
    ".legend .worse{background:var(--bad-bg);color:var(--bad)}\n",
    ".legend .undecided{background:var(--same-bg);color:var(--same)}\n",
    "figure{margin:.8rem 0 1rem}\n",
    ".plot{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.5rem;overflow-x:auto}\n",
    ".plot svg{display:block;width:100%;min-width:34rem;height:auto}\n",
    ".plot rect[fill='#ffffff']{fill:none}\n",
    /* drawings are made for white paper: in the dark their lightness is turned over, their hues stay */
    "@media(prefers-color-scheme:dark){.plot svg{filter:invert(1) hue-rotate(180deg)}}\n",
    ".maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.8rem;margin:.6rem 0}\n",
    ".maps figure{margin:0}\n",
    ".maps svg{display:block;width:100%;height:auto;background:var(--card);border:1px solid var(--line);"
    "border-radius:8px}\n",
    ".maps path,.maps use{fill:none;stroke-linecap:round}\n",
    ".maps .ground{stroke:var(--dot);stroke-width:9}\n",
    ".maps .picks{stroke:var(--pick);stroke-width:19}\n",
    "figcaption{font-size:.86rem;color:var(--soft);margin-top:.3rem}\n",
    "details.group>summary h3{display:inline;margin:0;color:var(--ink)}\n",
    "details{margin:.6rem 0}\n",
    "details.group>summary{padding:.5rem 0 .1rem}\n",
    "summary{cursor:pointer;color:var(--link);padding:.2rem 0}\n",
    "pre{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem;"
    "overflow-x:auto;font-size:.84rem;line-height:1.45}\n",
    "code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:.9em;"
    "overflow-wrap:anywhere}\n",
    "footer{color:var(--soft);font-size:.86rem;padding-top:2rem;padding-bottom:2.5rem}\n",
    ".hide{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}\n",
    "@media(max-width:40rem){main,header,footer{padding-left:.85rem;padding-right:.85rem}"
    "header{padding-top:1.3rem}h1{font-size:1.4rem}.answer{padding:.9rem .95rem 1rem}th,"
    "td{padding:.38rem .5rem}th[scope=row]{min-width:5.5rem;max-width:8.5rem;font-size:.86rem}}\n",
    "@media "
    "print{body{background:#fff}.scroll,.plot{overflow:visible;break-inside:avoid}nav,label.filter{display:none}}\n",
};

void sb_html_style(sb_buf *b)
{
    sb_buf_add(b, "<style>\n");
    for (size_t i = 0; i < sizeof style / sizeof *style; i++) sb_buf_put(b, style[i], strlen(style[i]));
    sb_buf_add(b, "</style>\n");
}
