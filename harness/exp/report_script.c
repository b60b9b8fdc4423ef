/* The script of report.html: tables that sort by a button in each head and filter by words. Without it the page shows
 * the same, in the order of the config. */
#include <string.h>

#include "report_parts.h"

static const char *const script[] = {
    "(function(){'use strict';\n",
    "var say=document.getElementById('say'),count=0;\n",
    /* what a cell sorts by: its number where it has one, else its text; an empty cell comes last */
    "function value(cell){if(!cell)return'';if(cell.dataset.v!==undefined)return Number(cell.dataset.v);"
    "var text=cell.textContent.trim(),number=text.replace(/,/g,'').replace('\\u2212','-');"
    "return text!==''&&number!==''&&isFinite(number)?Number(number):text;}\n",
    "function before(a,b){if(a===b)return 0;if(a==='')return 2;if(b==='')return-2;"
    "if(typeof a!==typeof b)return typeof a==='number'?-1:1;"
    "return typeof a==='number'?a-b<0?-1:1:a.localeCompare(b,'en',{numeric:true});}\n",
    "function sortable(table,head,rows){var cells=Array.prototype.slice.call(head.cells);\n"
    "cells.forEach(function(th,column){var name=th.textContent.trim();if(!name)return;"
    "var button=document.createElement('button');button.type='button';"
    "while(th.firstChild)button.appendChild(th.firstChild);th.appendChild(button);th.setAttribute('aria-sort','none');"
    "button.addEventListener('click',function(){var was=th.getAttribute('aria-sort'),"
    "now=was==='none'?'ascending':was==='ascending'?'descending':'none',sign=now==='descending'?-1:1;\n"
    "cells.forEach(function(c){if(c.hasAttribute('aria-sort'))c.setAttribute('aria-sort','none');});"
    "th.setAttribute('aria-sort',now);\n"
    "var order=rows.map(function(row,i){return{row:row,at:i,by:value(row.cells[column])};});\n"
    "if(now!=='none')order.sort(function(a,b){var c=before(a.by,b.by);"
    "return c===0?a.at-b.at:Math.abs(c)===2&&(a.by===''||b.by==='')?c:sign*c;});\n"
    "order.forEach(function(o){table.tBodies[0].appendChild(o.row);});"
    "say.textContent=now==='none'?'order of the config':'sorted by '+name+', '+now;});});}\n",
    "function filterable(table,rows){var box=table.parentNode,label=document.createElement('label'),"
    "input=document.createElement('input');"
    "input.type='search';input.id='filter'+(++count);label.className='filter';label.htmlFor=input.id;"
    "label.appendChild(document.createTextNode('Filter rows '));label.appendChild(input);"
    "box.parentNode.insertBefore(label,box);\n"
    "var text=rows.map(function(row){return row.textContent.toLowerCase();});\n"
    "input.addEventListener('input',function(){var words=input.value.toLowerCase().split(/\\s+/),shown=0;\n"
    "rows.forEach(function(row,i){var fits=words.every(function(w){return text[i].indexOf(w)>=0;});"
    "row.hidden=!fits;shown+=fits;});say.textContent=shown+' of '+rows.length+' rows shown';});}\n",
    "document.querySelectorAll('table.data').forEach(function(table){"
    "var heads=table.tHead.rows,rows=Array.prototype.slice.call(table.tBodies[0].rows);"
    "if(rows.length<2)return;sortable(table,heads[heads.length-1],rows);if(rows.length>5)filterable(table,rows);});\n",
    /* only what scrolls needs to be reached by the keyboard, and only what is open can be measured */
    "function reach(){document.querySelectorAll('.scroll,.plot').forEach(function(box){"
    "if(box.clientWidth&&box.scrollWidth<=box.clientWidth)box.removeAttribute('tabindex');"
    "else box.tabIndex=0;});}\n",
    "addEventListener('resize',reach);document.addEventListener('toggle',reach,true);reach();\n",
    "function open(){var at=document.getElementById(decodeURIComponent(location.hash.slice(1)));"
    "for(var e=at;e;e=e.parentNode)if(e.tagName==='DETAILS')e.open=true;if(at)at.scrollIntoView();}\n",
    "addEventListener('hashchange',open);if(location.hash)open();\n",
    "})();\n",
};

void sb_html_script(sb_buf *b)
{
    sb_buf_add(b, "<script>\n");
    for (size_t i = 0; i < sizeof script / sizeof *script; i++) sb_buf_put(b, script[i], strlen(script[i]));
    sb_buf_add(b, "</script>\n");
}
