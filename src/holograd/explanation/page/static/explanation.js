"use strict";(()=>{var St="http://www.w3.org/2000/svg",Mt="http://www.w3.org/1998/Math/MathML";function Q(o,t,e){for(let[n,s]of Object.entries(t))typeof s=="function"?o.addEventListener(n,s):s===!0?o.setAttribute(n,""):s!==!1&&s!==void 0&&o.setAttribute(n,String(s));return o.append(...e.filter(n=>!!n)),o}function p(o,t={},...e){return Q(document.createElement(o),t,e)}function x(o,t={},...e){return Q(document.createElementNS(St,o),t,e)}function z(o,t={},...e){return Q(document.createElementNS(Mt,o),t,e)}function C(o){let t=document.createElement("template");return t.innerHTML=o,t.content}var Et="⁰¹²³⁴⁵⁶⁷⁸⁹";function st(o,t){let[e="",n="0"]=o.toExponential(100).split("e"),s=e.replace(".",""),r=s.slice(t),i=s.slice(0,t),a=Number(i.at(-1))%2===1;if(!(r[0]==="5"&&/^0*$/.test(r.slice(1))?a:Number(r[0])>=5))return[i,Number(n)];let h=String(BigInt(i)+1n).padStart(t,"0");return h.length>t?[h.slice(0,t),Number(n)+1]:[h,Number(n)]}function G(o,t){return t<=0?"0."+"0".repeat(-t)+o:t>=o.length?o+"0".repeat(t-o.length):o.slice(0,t)+"."+o.slice(t)}function M(o,t=4){let e=Number(o);if(Number.isNaN(e))return"NaN";let n=e<0?"−":"",s=Math.abs(e);if(s===1/0)return n+"∞";if(s===0)return"0";let[r,i]=st(s,t),a=+`${G(r,1)}e${i}`,l=s<1e6&&a>=1e-5;if(l&&Number.isInteger(s))return n+String(s);let h=Math.abs(a-s)<=1e-6*s?r.replace(/(?!^)0+$/,""):r;if(l){if(s<10**t)return n+G(h,i+1);let m=st(s,Math.floor(Math.log10(s))+1);return n+G(m[0],m[1]+1)}let d=[...String(i)].map(m=>m==="-"?"⁻":Et[Number(m)]).join("");return n+(h==="1"?"":G(h,1)+"·")+"10"+d}function j(o){return o?.numbers??[]}function ot(o,t){let e=[];for(let n of[...o].reverse())e.unshift(t%n),t=Math.floor(t/n);return e}var Tt=6;function N(o,t=!1){if(!o)return"";let{numbers:e}=o,n=o.shape.filter(l=>l!==1);if(!e||e.length>Tt||n.length>2)return o.shape.join(" × ");let s=e.map(l=>M(l)),[r=1,i=1]=n;return n.length<2?s.length===1?s[0]??"":`(${s.join(", ")})`:`[${(t?Array.from({length:i},(l,c)=>s.filter((h,d)=>d%i===c)):Array.from({length:r},(l,c)=>s.slice(c*i,(c+1)*i))).map(l=>`[${l.join(", ")}]`).join(", ")}]`}var[Lt,zt]=[4,6],Nt=2,rt=4;function At(o,t){let e=Number(o);if(!e)return"var(--zero)";let s=Number.isFinite(e)&&t>0&&t<1/0?Math.min(1,Math.abs(e)/t):1,r=Math.max(1,Math.round(s*Nt*rt))/rt,i=e>0?"p":"n",a=Math.floor(r),l=a?`var(--${i}${a})`:"var(--zero)";return r===a?l:`color-mix(in srgb, var(--${i}${a+1}) ${(r-a)*100}%, ${l})`}function I(o){return(o?.numbers??[]).map(e=>Math.abs(Number(e))).filter(Number.isFinite).reduce((e,n)=>Math.max(e,n),0)}function R(o,t,e="plain"){let n=e==="mark"?void 0:`background:${At(o,t)}`;return p("span",{class:`cell ${e}`,style:n},M(o))}function $t(o){for(;o.length>2&&o[0]===1;)o=o.slice(1);let[t=1,e=1]=[1,1,...o].slice(-2);return o.length>2?null:[t,e]}function B(o,t,e="plain"){if(!o)return p("span",{class:"cell none"},"?");let n=$t(o.shape),[s,r]=n&&t?[n[1],n[0]]:n??[0,0];if(!o.numbers||!n||s>Lt||r>zt){let l=n&&o.shape.length>1?[s,r]:o.shape,c=p("small",{},Ct(o));return p("span",{class:`cell summary ${e}`},l.join(" × "),c)}let i=I(o),a=p("span",{class:"grid"});a.style.gridTemplateColumns=`repeat(${r}, max-content)`;for(let l=0;l<s;l+=1)for(let c=0;c<r;c+=1){let h=t?c*s+l:l*r+c;a.append(R(o.numbers[h]??0,i,e))}return a}function Ct(o){let t=(o.numbers??[]).map(Number).filter(r=>!Number.isNaN(r)),[e=0]=t,n=o.summary?.least??t.reduce((r,i)=>Math.min(r,i),e),s=o.summary?.greatest??t.reduce((r,i)=>Math.max(r,i),e);return`${M(n,3)} … ${M(s,3)}`}function tt(o){let t=C(o.mathml).firstElementChild;return z("mrow",{},...t?.childNodes??[])}function O(o,t){let e=n=>z("mrow",{},z("mo",{},"∂"),tt(n));return z("math",{},z("mfrac",{},e(o),e(t)))}function H(o){let t=p("span",{class:"symbol"});return t.append(C(o.html)),t}function P(o,t){if((o.array.numbers?.length??0)<=1)return H(o.symbol);let n=ot(o.array.shape,t).filter((h,d)=>o.array.shape[d]!==1).map(h=>h+1);o.transposed&&n.reverse();let{letter:s,subscript:r,layer:i}=o.symbol,a=!o.named||n.some(h=>h>9)?",":"",l=(o.named?n:[r,...n]).join(a),c=o.named?i||r:"";return p("span",{class:"symbol"},p("i",{},s.length===1?s.toLowerCase():s),c?p("sup",{},`(${c})`):null,p("sub",{},l))}var Ht=new Set(["a","A","I"]);function it(o,t){let e=new Map;for(let{named:i,symbol:a}of t)i&&[...a.letter].length===1&&!Ht.has(a.text)&&e.set(a.text,a);if(!e.size)return[document.createTextNode(o)];let s=[...e.keys()].sort((i,a)=>a.length-i.length).map(i=>i.replace(/[()\[\].*+?^$|\\/]/g,"\\$&")).join("|"),r=new RegExp(`(?<![\\p{L}\\p{N}])(${s})(?![A-Za-z\\p{Script=Greek}\\p{N}⁽])`,"u");return o.split(r).map((i,a)=>{let l=a%2?e.get(i):void 0;return l?H(l):document.createTextNode(i)})}var et=8,at=4;function lt(o,t){let{pass:e,step:n}=o.moment;return n?e==="forward"?[Vt(o,n)]:n.arguments.filter(s=>s.contribution).map(s=>jt(o,t,n,s)):[]}function ct(o){if(!o)return"";let t=C(o.mathml);for(let e of t.querySelectorAll("mo[fence]"))e.parentElement?.querySelector("mfrac, mtable, munderover, msqrt")||e.setAttribute("stretchy","false");return t}function Vt(o,t){let e=p("div",{class:"forward-table"}),n=o.level.value(t.outputs.at(-1)??""),s=(r,i)=>{if(!r)return;let a=z("math",{},tt(n.symbol),z("mo",{},"="));e.append(p("p",{class:`formula ${i}`},a,ct(r)))};s(t.formula,"plain"),s(t.numbers,"plain");for(let r of t.outputs){let i=o.level.value(r),a=p("p",{class:"given"},H(i.symbol)," = ");a.append(B(i.array,i.transposed,"result")),e.append(a)}return e}function pt(...o){let t=p("tr");for(let e of o)t.append(p("td",{},e));return t}function jt(o,t,e,n){let{level:s}=o,r=s.value(n.value),i=e.outputs.map(w=>s.value(w)).find(w=>w.gradient),a=s.value(s.facts.output),l=p("tr"),c=(w,E="")=>{l.append(p("th",{class:E,scope:"col"},w))},h=n.kind==="operand"&&n.place===1&&ht(i,n),d=i?O(a.symbol,i.symbol):"",m=p("span",{class:"local"},ct(n.formula));n.formula||m.append(i?O(i.symbol,r.symbol):"");let u=n.joins[1]>1?t.say("contribution"):O(a.symbol,r.symbol),g=o.checks&&r.check!==null&&n.joins[0]===n.joins[1];for(let w of["",h?m:d,"×",h?d:m,"=",u])c(w);g&&c(t.say("by_differences"),"check");let v=p("tbody");Bt(i,n)?Rt(v,t,r,i,n,g):v.append(_t(r,i,n,h,g));let f=e.arguments.filter(w=>w.contribution).length>1?"chain compact":"chain",y=p("table",{class:f},p("thead",{},l),v);return n.joins[1]>1&&Gt(y,o,t,e,r,n),y}function Bt(o,t){let e=[o?.gradient??null,t.derivative,t.contribution],[n=0,...s]=e.map(i=>j(i).length);return n>0&&s.every(i=>i===n)&&(t.kind==="elementwise"||n===1)}function ht(o,t){return o?.gradient?.shape.length===2&&t.derivative?.shape.length===2}function Rt(o,t,e,n,s,r){let i=n?.gradient??null,[a,l,c]=[j(i),j(s.derivative),j(s.contribution)],[h,d]=[I(i),I(s.contribution)],m=c.length;for(let u=0;u<Math.min(m,et);u+=1){let g=[P(e,u),R(a[u]??0,h),"×",R(l[u]??0,1,"mark"),"=",R(c[u]??0,d,"result")],v=pt(...g);r&&v.append(dt(e,M(j(e.check)[u]??"NaN"))),o.append(v)}if(m>et){let u=p("td",{colspan:6,class:"rest"},t.say("more",{count:m-et}));o.append(p("tr",{},u))}}function _t(o,t,e,n,s){let r=e.kind==="operand"&&ht(t,e),i=B(t?.gradient??null,t?.transposed??!1),a=e.kind==="jacobian"?Ft(e.derivative,t):e.derivative,l=B(a,r,"mark"),c=B(e.contribution,o.transposed,"result"),[h,d]=n?[l,i]:[i,l],m=e.kind==="elementwise"?"Σ =":"=",u=pt(H(o.symbol),h,r?"·":"×",d,m,c);return s&&u.append(dt(o,N(o.check,o.transposed))),u}function Ft(o,t){let e=t?.array.numbers?.length??0,n=o?.numbers?.length??0;return o&&e&&n?{...o,shape:[e,n/e]}:o}function dt(o,t){return p("td",{class:"check"},`${t} ${o.agrees?"✓":"✗"}`)}function Gt(o,t,e,n,s,r){let{level:i}=t,a=p("tbody",{class:"joins"}),l=i.contributors(s.key).flatMap(k=>k.arguments.filter(f=>f.value===s.key&&f.contribution&&f.joins[0]<=r.joins[0]).map(f=>({from:k,one:f})));l.sort((k,f)=>k.one.joins[0]-f.one.joins[0]);let c=l.length>at?l.length-at+1:0,h=l[c-1];if(h){let k=e.say("sum_so_far",{place:c,count:r.joins[1]});a.append(nt(k,h.one.total,s,"plain"))}for(let{from:k,one:f}of l.slice(c)){let y=k===n&&f===r?"result":"plain";a.append(nt(e.say("through",{step:k.label}),f.contribution,s,y))}let d=r.joins[0]===r.joins[1],[m,u]=r.joins,g=d?e.say("sum"):e.say("sum_so_far",{place:m,count:u}),v=nt(g,r.total,s,"plain");v.classList.add("sum"),a.append(v),o.append(a)}function nt(o,t,e,n){let s=p("td",{colspan:5,class:"words"},o);return p("tr",{},s,p("td",{},B(t,e.transposed,n)))}var It=9,Ot=26,Pt={reset:"M5.5 8.2A7 7 0 1 1 5 12M5.2 4v4.6h4.6",back:"M7 5v14M19 5v14L9.5 12z",play:"M8 5v14l11-7z",pause:"M8 5h3v14H8zM14 5h3v14h-3z",next:"M17 5v14M5 5v14l9.5-7z",end:"M20 5v14M4 6v12l7.5-6zM12 6v12l7.5-6z"};function mt(o){let t=x("path",{d:Pt[o],class:o});return x("svg",{viewBox:"0 0 24 24","aria-hidden":"true",class:"icon"},t)}var D=class{constructor(t,e,n,s){this.session=t;this.texts=e;this.narrow=n;this.sign=s;let r=(c,h)=>[c,p("button",{type:"button",class:c,click:h},mt(c))],i=r("play",()=>t.play());this.play=i[1],this.buttons=[r("reset",()=>t.move(-1/0)),r("back",()=>t.move(-1)),i,r("next",()=>t.move(1)),r("end",()=>t.move(1/0))];let a=p("div",{class:"transport",role:"group"});a.append(...this.buttons.map(([,c])=>c));let l=p("div",{class:"counter"},this.count,this.of);this.element=p("footer",{class:"clock"},a,l,this.track),this.track.addEventListener("pointerdown",c=>{this.track.setPointerCapture(c.pointerId),this.seek(c)}),this.track.addEventListener("pointermove",c=>{this.track.hasPointerCapture(c.pointerId)&&this.seek(c)})}session;texts;narrow;sign;element;track=p("div",{class:"track",tabindex:0,role:"slider"});count=p("b");of=p("span");play;buttons;places=[];drawn="";update(){let{session:t,texts:e}=this;for(let[r,i]of this.buttons){let a=e.say(r==="play"&&t.playing?"pause":r);i.setAttribute("aria-label",a),i.title=a}this.play.replaceChildren(mt(t.playing?"pause":"play"));let{place:n,level:s}=t;this.count.textContent=String(n),this.of.textContent=e.say("of",{count:s.length}),this.track.setAttribute("aria-label",e.say("clock")),this.track.setAttribute("aria-valuemin","0"),this.track.setAttribute("aria-valuemax",String(s.length)),this.track.setAttribute("aria-valuenow",String(n)),this.draw()}seek(t){let e=this.track.getBoundingClientRect(),[n,s]=[t.clientX-e.left,t.clientY-e.top],r=a=>Math.hypot(a.x-n,3*(a.y-s)),i=0;this.places.forEach((a,l)=>{let c=this.places[i];c&&r(a)<r(c)&&(i=l)}),i!==this.session.place&&this.session.move(i-this.session.place)}draw(){let{level:t,place:e}=this.session,{clientWidth:n,clientHeight:s}=this.track,r=[t.name,e,n,s,this.texts.language].join(" ");if(!n||r===this.drawn)return;this.drawn=r;let i=this.narrow(),[a,l]=i?[14,n-34]:[92,n-76],[c,h]=i?[.28*s,.72*s]:[.31*s,.69*s],d=t.forward.length,m=d>1?(l-a)/(d-1):l-a,u=b=>d>1?a+m*(b.number-1):l,g=x("svg",{width:n,height:s,"aria-hidden":"true",class:"holograd-picture"}),v=(b,S)=>{g.append(x("path",{d:b,class:S}))},k=(b,S,L,$)=>{g.append(x("text",{x:b,y:S,class:L},$))};this.places=[{x:a-m,y:c}];for(let b of t.forward)this.places.push({x:u(b),y:c});for(let b of t.backward)this.places.push({x:u(b),y:h});let f=this.places[e]??{x:a,y:c},y=this.places.at(-1)??f,w=(b,S,L,$)=>{b!==L&&v(`M${L} ${S}H${b}`,$)},E=Math.min(f.y===c?Math.max(f.x,a):l,l);w(l,c,E,"later"),w(E,c,a,"forward");let A=(h-c)/2,F=e>=d&&t.backward.length>0;if(t.backward.length){let b=`M${l} ${c}A${A} ${A} 0 0 1 ${l} ${h}`;v(b,F?"forward":"later");let S=e>d?f.x:l;w(y.x,h,S,"later"),w(S,h,l,"backward")}i||(k(a-20,c,"side end",this.texts.say("forward")),t.backward.length&&k(a-20,h,"side end",this.texts.say("backward")),k(l+A+12,(c+h)/2,"side math",this.outputName()),this.label(g,u,m,(c+h)/2,A)),this.places.forEach((b,S)=>{if(S===0)return;let L=S===e;if(L&&g.append(x("circle",{cx:b.x,cy:b.y,r:i?11:14,class:"here"})),m>=It||L){let $=S<=e?"gone dot":"dot";g.append(x("circle",{cx:b.x,cy:b.y,r:L?6.5:5,class:$}))}if(m>=Ot&&!i){let $=S<=d?b.y-24:b.y+26;k(b.x,$,L?"count now":"count",String(S))}}),this.track.replaceChildren(g)}label(t,e,n,s,r){let{level:i}=this.session,a=this.session.moment.step,l=Math.max(...i.forward.map(c=>c.label.length))*8.5+10;for(let c of i.forward){if(n<l&&c!==a)continue;let h=this.sign(c.key)??x("text",{},c.label);h.setAttribute("class",c===a?"sign now":"sign");let d=c===i.forward.at(-1)&&4*c.label.length>r-12;h.setAttribute("x",String(e(c)+(d?r-12:0))),d&&h.classList.add("end"),h.setAttribute("y",String(s)),h.setAttribute("font-size","15"),t.append(h)}}outputName(){let{level:t}=this.session;return t.value(t.facts.output).symbol.text}};var[_,V]=[280,150],T={left:6,right:6,top:14,bottom:24},Dt=34;function ut(o,t,e){let[n,s]=[Math.min(...o.x),Math.max(...o.x)],[r,i]=[Math.min(...o.y,0),Math.max(...o.y,0)],a=(_-T.left-T.right)/(s-n||1),l=(V-T.top-T.bottom)/(i-r||1),c=f=>T.left+(f-n)*a,h=f=>V-T.bottom-(f-r)*l,d={viewBox:`0 0 ${_} ${V}`,width:_,height:V},m=x("svg",{...d,class:"curve",role:"img","aria-label":e}),u=f=>m.append(x("path",{d:f,class:"axis"}));u(`M${T.left} ${h(0)}H${_-T.right}`),n<0&&s>0&&u(`M${c(0)} ${T.top}V${V-T.bottom}`);let g=o.x.map((f,y)=>`${c(f).toFixed(1)} ${h(o.y[y]??0).toFixed(1)}`);m.append(x("path",{d:"M"+g.join("L"),class:"line"}));for(let f of o.points){let[y,w]=[a,-f.slope*l],E=Dt/Math.hypot(y,w),[A,F]=[c(f.x),h(f.y)],b=`M${A-y*E} ${F-w*E}L${A+y*E} ${F+w*E}`;m.append(x("path",{d:b,class:"tangent"}))}for(let f of o.points)m.append(x("circle",{cx:c(f.x),cy:h(f.y),r:4,class:"point"}));m.append(...Kt(o,c,n,s));for(let f of[i,r]){if(f===0)continue;let y=n<0&&s>0?c(0)+6:T.left,w=f===i?h(f)+11:h(f)-2,E=M(f,2).replace(/\.0$/,"");m.append(x("text",{x:y,y:w,class:"tick start"},E))}let v=o.y.at(-1)??0,k=h(v)<V/2?20:-10;return m.append(x("text",{x:_-40,y:h(v)+k,class:"name"},t)),m}function Kt(o,t,e,n){let s=[],r=[];for(let i of[...o.points.map(a=>a.x),0]){let a=t(i);i<e||i>n||s.some(l=>Math.abs(l-a)<20)||(s.push(a),r.push(x("text",{x:a,y:V-8,class:"tick"},M(i,3))))}return r}var ft={n:"next",p:"back",ArrowRight:"next",ArrowLeft:"back",ArrowUp:"above",ArrowDown:"below",Home:"first",End:"last","+":"deeper","=":"deeper","-":"shallower","−":"shallower",Enter:"enter",Escape:"leave"," ":"play",c:"check",t:"table","/":"find","?":"help"},gt=[["N  →","next"],["P  ←","back"],["Home","first"],["End","last"],["↑  ↓","above"],["+","deeper"],["−","shallower"],["Enter","enter"],["Esc","leave"],["Space","play"],["C","check"],["T","table"],["/","find"],["?","help"]];function bt(o,t,e){if(o.ctrlKey||o.metaKey||o.altKey||o.isComposing||t?.closest("input, textarea, select, dialog[open]"))return null;let n=o.key.length===1?o.key.toLowerCase():o.key;if(t?.closest("button, a, summary")&&(n==="Enter"||n===" "))return null;let r=n.startsWith("Arrow")||n==="Home"||n==="End"||n==="Enter";return r&&t?.closest(".table-frame, .chains")?null:r||n==="Escape"||e?ft[n]??null:null}var qt=12;function vt(o){let t=p("dialog",{class:o});return t.addEventListener("click",e=>{e.target===t&&t.close()}),t}var K=class{constructor(t,e){this.session=t;this.texts=e}session;texts;element=vt("help");open(){let{session:t,texts:e}=this,n=p("dl");for(let[i,a]of gt)n.append(p("dt",{},p("kbd",{},i)),p("dd",{},e.say("key_"+a)));let s=p("input",{type:"checkbox",checked:t.keys});s.addEventListener("change",()=>t.set({keys:s.checked}));let r=p("button",{type:"button",class:"action",click:()=>this.element.close()});r.textContent=e.say("close"),this.element.replaceChildren(p("h2",{},e.say("help")),p("p",{},e.say("help_gate")),n,p("label",{},s,e.say("single_keys")),r),this.element.showModal()}},q=class{constructor(t,e){this.session=t;this.texts=e;this.box.addEventListener("input",()=>this.search()),this.box.addEventListener("keydown",n=>{let s=this.found[0];n.key==="Enter"&&s&&this.jump(...s),n.key==="Enter"&&n.preventDefault()}),this.element.append(this.box,this.list)}session;texts;element=vt("find");box=p("input",{type:"text",autocomplete:"off",spellcheck:"false"});list=p("ul");found=[];open(){this.box.value="";let t=this.texts.say("find");this.box.placeholder=t,this.box.setAttribute("aria-label",t),this.search(),this.element.showModal(),this.box.focus()}search(){let t=this.box.value.trim().toLowerCase();this.found=t?this.matches(t):[];let e=this.found.map(([n,s])=>{let r=[s.code,N(s.array,s.transposed)].filter(Boolean).join("  "),i=p("button",{type:"button",click:()=>this.jump(n,s)});return i.append(H(s.symbol),p("span",{},r)),i.append(p("small",{},this.texts.say("level_"+n))),p("li",{},i)});t&&!e.length&&e.push(p("li",{class:"none"},this.texts.say("find_nothing"))),this.list.replaceChildren(...e)}matches(t){let{session:e}=this,n=[...e.levels.values()].filter(i=>i!==e.level).reverse(),s=new Map;for(let i of[e.level,...n])for(let a of i.facts.values){let l=`${a.symbol.plain} ${a.code}`;if(!a.named||a.role==="constant"||s.has(l))continue;let c=[a.symbol.plain,a.symbol.text,a.code].map(d=>d.toLowerCase()),h=[c.includes(t),c.some(d=>d.startsWith(t)),c.some(d=>d.includes(t))].indexOf(!0);h>=0&&s.set(l,[h,i.name,a])}return[...s.values()].sort(([i],[a])=>i-a).slice(0,qt).map(([,i,a])=>[i,a])}jump(t,e){this.element.close(),this.session.show(t);let n=this.session.level.contributors(e.key).at(-1),s=e.maker||e.users[0];n&&!e.maker?this.session.goTo(n,"backward"):s&&this.session.goTo(this.session.level.step(s),"forward")}};var xt=.78,[Wt,Xt]=[1500,1.3],W=class{constructor(t,e,n){this.session=t;this.texts=e;this.narrow=n;this.frame=p("div",{class:"frame",tabindex:0,role:"group","aria-roledescription":"graph",click:s=>this.click(s.target),dblclick:s=>{s.target.closest(".step")&&this.session.enter()}}),this.zoomButton=p("button",{class:"whole action",type:"button",hidden:!0,click:()=>{this.whole=!this.whole,this.fit(),this.reveal()}}),this.element=p("section",{class:"drawing"},this.frame,this.zoomButton)}session;texts;narrow;element;zoomButton;frame;shown="";whole=!1;picture=null;update(){let t=this.narrow(),e=`${this.session.level.name} ${t}`;if(e!==this.shown){this.shown=e;let n=this.session.sheet.drawings[this.session.level.name];this.frame.replaceChildren(C((t?n?.turned:n?.plain)??"")),this.picture=this.frame.querySelector("svg"),this.picture?.append(...this.all(".wire")),this.fit()}this.frame.setAttribute("aria-label",this.texts.say("drawing")),this.mark(),this.reveal()}fit(){let t=this.picture;if(!t)return;let{width:e,height:n}=t.viewBox.baseVal,{paddingLeft:s,paddingRight:r}=getComputedStyle(this.frame),i=this.frame.clientWidth-parseFloat(s)-parseFloat(r),a=i>=Wt?Xt:1,l=Math.min(a,i/e),c=Math.min(l,this.height()/n),h=this.whole?c:[c,l].find(d=>d>=xt)??1;t.style.width=`${Math.floor(e*h)}px`,t.style.height=`${Math.floor(n*h)}px`,this.zoomButton.hidden=c>=xt,this.zoomButton.textContent=this.texts.say(this.whole?"full_size":"whole")}height(){let t=parseFloat(getComputedStyle(this.frame).maxHeight);return Number.isNaN(t)?this.frame.clientHeight:t}sign(t){let e=[...this.all(`.step[data-step="${t}"] text.label`)];return e.length===1?e[0]?.cloneNode(!0):null}all(t){return this.picture?.querySelectorAll(t)??[]}mark(){let{level:t,place:e}=this.session,{pass:n,step:s}=this.session.moment,r=new Set;if(s&&n==="forward")for(let a of s.outputs)r.add(a);if(s&&n==="backward")for(let a of s.arguments)a.contribution&&r.add(a.value);let i=a=>{let l=t.place(t.step(a),"backward");return l>t.forward.length&&e>=l};for(let a of this.all(".step")){let l=a.dataset.step??"",c=s?.key===l;a.classList.toggle("now",c),a.classList.toggle("forward",c&&n==="forward"),a.classList.toggle("backward",c&&n==="backward"),a.classList.toggle("later-backward",!i(l))}for(let a of this.all(".value")){let l=a.dataset.value??"";this.markPart(a.querySelector(".numbers"),{later:!t.known(l,"value",e),marked:n==="forward"&&r.has(l)}),this.markPart(a.querySelector(".gradient"),{later:!t.known(l,"gradient",e),marked:n==="backward"&&r.has(l)})}for(let a of this.all(".wire")){let{value:l="",step:c,maker:h}=a.dataset,d=c??h??"",m=a.classList.contains("backward"),u=m?i(d):t.known(l,"value",e);a.classList.toggle("later",!u),a.classList.toggle("now",s?.key===d&&m===(n==="backward"))}}markPart(t,e){for(let[n,s]of Object.entries(e))t?.classList.toggle(n,s)}reveal(){let t=this.picture?.querySelector(".step.now .gate");if(!t)return;let e=t.getBoundingClientRect(),n=this.frame.getBoundingClientRect(),s=(c,h,d,m,u)=>c<d+u||h>m-u?(c+h)/2-(d+m)/2:0,r=s(e.left,e.right,n.left,n.right,90),i=s(e.top,e.bottom,n.top,n.bottom,12);if(!r&&!i)return;let l=Math.abs(r)<n.width&&Math.abs(i)<n.height&&!matchMedia("(prefers-reduced-motion: reduce)").matches;this.frame.scrollBy({left:r,top:i,behavior:l?"smooth":"instant"})}click(t){let{level:e}=this.session,n=t.closest(".step");if(n){let a=t.closest(".lower, .slopes")!==null;this.session.goTo(e.step(n.dataset.step??""),a?"backward":"forward");return}let s=t.closest(".value");if(!s)return;let r=e.value(s.dataset.value??""),i=e.contributors(r.key).at(-1);t.closest(".gradient")&&i?this.session.goTo(i,"backward"):r.maker?this.session.goTo(e.step(r.maker),"forward"):r.users[0]&&this.session.goTo(e.step(r.users[0]),"forward")}sibling(t){let{pass:e,step:n}=this.session.moment,s=this.narrow();if(!n)return;let r=[...this.all(".step")].map(c=>{let h=c.querySelector(".gate")?.getBBox()??new DOMRect,[d,m]=[h.x+h.width/2,h.y+h.height/2];return{key:c.dataset.step??"",along:s?m:d,across:s?d:m}}),i=r.find(c=>c.key===n.key);if(!i)return;let a=r.filter(c=>Math.abs(c.along-i.along)<2&&(c.across-i.across)*t>1).sort((c,h)=>(c.across-h.across)*t)[0];if(!a)return;let l=this.session.level.step(a.key);this.session.goTo(l,e==="backward"?"backward":"forward")}};function wt(o,t){let{level:e}=o,n=o.moment.step,s=["step","takes","gives","gradient_arrives","slope","contribution"],r=p("tr",{},p("th",{scope:"col"},"#"));for(let l of s)r.append(p("th",{scope:"col"},t.say("column_"+l)));let i=p("tbody");for(let l of e.forward){let c=u=>{let g=p("td");for(let v of u)g.append(p("div",{},v));return g},h=u=>{let g=e.value(u),v=N(g.array,g.transposed);return g.symbol.text===v?v:`${g.symbol.text} = ${v}`},d=e.value(l.outputs.at(-1)??""),m=p("tr",{click:()=>o.goTo(l,o.moment.pass==="backward"?"backward":"forward")},p("td",{},String(l.number)),p("th",{scope:"row"},l.label),c(l.arguments.map(u=>h(u.value))),c(l.outputs.map(h)),c([N(d.gradient)]),c(l.arguments.map(u=>u.contribution?N(u.derivative):"")),c(l.arguments.map(u=>N(u.contribution,e.value(u.value).transposed))));l===n&&m.setAttribute("aria-current","step"),i.append(m)}let a=p("caption",{},t.say("drawing"));return p("table",{class:"overview"},a,p("thead",{},r),i)}var X=class{constructor(t,e){this.session=t;this.texts=e;this.stops=t.sheet.facts.levels.map(n=>[n.level,p("button",{type:"button",click:()=>t.show(n.level)})]),this.element=p("nav",{class:"rail"},...this.stops.map(([,n])=>n))}session;texts;element;stops;update(){this.element.setAttribute("aria-label",this.texts.say("zoom"));for(let t of this.session.sheet.facts.levels){let e=this.stops.find(([r])=>r===t.level)?.[1];if(!e)continue;e.textContent=this.texts.say("level_"+t.level),t.level===this.session.level.name?e.setAttribute("aria-current","true"):e.removeAttribute("aria-current");let s=t.count.toLocaleString("en");e.title=this.texts.say(t.fits?"level_steps":"level_too_large",{count:s}),t.fits||e.setAttribute("aria-disabled","true")}}};var U=class{constructor(t){this.facts=t;for(let e of t.steps)this.steps.set(e.key,e);for(let e of t.values)this.values.set(e.key,e);this.forward=t.steps,this.backward=t.backward.map(e=>this.step(e));for(let e of t.values)this.knownFrom.set(e.key,e.maker?this.step(e.maker).number:0);this.gradientFrom.set(t.output,this.forward.length),this.backward.forEach((e,n)=>{for(let s of e.arguments)s.contribution&&this.gradientFrom.set(s.value,this.forward.length+n+1)})}facts;forward;backward;steps=new Map;values=new Map;knownFrom=new Map;gradientFrom=new Map;get name(){return this.facts.level}get length(){return this.forward.length+this.backward.length}step(t){let e=this.steps.get(t);if(!e)throw new Error(`no step ${t}`);return e}value(t){let e=this.values.get(t);if(!e)throw new Error(`no value ${t}`);return e}moment(t){let e=this.forward.length;return t<=0?{pass:"given",step:null}:t<=e?{pass:"forward",step:this.forward[t-1]??null}:{pass:"backward",step:this.backward[t-e-1]??null}}place(t,e){let n=e==="backward"?this.backward.indexOf(t):-1;return n<0?t.number:this.forward.length+n+1}known(t,e,n){let s=(e==="value"?this.knownFrom:this.gradientFrom).get(t);return n>=(s??this.length)}contributors(t){return this.backward.filter(e=>e.arguments.some(n=>n.value===t&&n.contribution))}};var Ut=1400,J=class{constructor(t){this.sheet=t;for(let n of t.facts.levels)n.fits&&this.levels.set(n.level,new U(n));let e=this.levels.get(t.facts.zoom)??[...this.levels.values()][0];if(!e)throw new Error("an explanation has at least one level");this.level=e,this.place=e.length,this.language=t.language}sheet;levels=new Map;level;place;playing=!1;checks=!0;table=!1;keys=!0;refused="";theme=null;language;listeners=[];timer=0;get moment(){return this.level.moment(this.place)}onChange(t){this.listeners.push(t)}set(t){Object.assign(this,t),this.tell()}go(t){this.refused="",this.place=Math.max(0,Math.min(this.level.length,Math.round(t))),this.place===this.level.length&&this.stop(),this.tell()}move(t){this.stop(),this.go(this.place+t)}goTo(t,e){this.stop(),this.go(this.level.place(t,e))}play(){if(this.playing){this.stop(),this.tell();return}this.playing=!0,this.timer=window.setInterval(()=>this.go(this.place+1),Ut),this.go(this.place===this.level.length?0:this.place+1)}stop(){this.playing=!1,window.clearInterval(this.timer)}show(t){let e=this.levels.get(t);if(this.refused=e?"":t,e||this.tell(),!e||e===this.level)return;this.stop();let n=[...this.levels.keys()],s=n.indexOf(t)>n.indexOf(this.level.name)?1:-1;for(;this.level!==e;)this.cross(s,!1);this.tell()}zoom(t,e=!1){this.stop();let n=this.cross(t,e);return n&&this.tell(),n}enter(){return this.zoom(1,!0)}neighbour(t){let e=[...this.levels.values()];return e[e.indexOf(this.level)+t]}cross(t,e){let n=this.neighbour(t);if(this.refused="",!n)return!1;let{pass:s,step:r}=this.moment;return this.level=n,this.place=r&&s!=="given"?this.across(n,r,s,t,e):0,!0}across(t,e,n,s,r){let a=(s>0?e.parts.map(l=>t.step(l)):t.forward.filter(l=>l.parts.includes(e.key))).map(l=>t.place(l,n)).filter(l=>l>t.forward.length==(n==="backward"));return a.length?r?Math.min(...a):Math.max(...a):n==="backward"?t.length:t.forward.length}tell(){for(let t of this.listeners)t()}};var Y=class{constructor(t,e){this.catalogue=t;this.language=e}catalogue;language;say(t,e={}){return(this.catalogue[this.language]["page."+t]??t).replace(/\{(\w+)\}/g,(s,r)=>String(e[r]??s))}};var Jt=640,kt="M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17",Yt=3,Zt=500,Z=class{constructor(t,e){this.sheet=t;this.host=e;this.session=new J(t),this.texts=new Y(t.texts,t.language);let n=()=>this.host.clientWidth<Jt;this.drawing=new W(this.session,this.texts,n),this.clock=new D(this.session,this.texts,n,l=>this.drawing.sign(l)),this.rail=new X(this.session,this.texts),this.help=new K(this.session,this.texts),this.find=new q(this.session,this.texts);let{session:s}=this;this.language=p("button",{type:"button",class:"language",click:()=>s.set({language:s.language==="en"?"ko":"en"})}),this.theme=this.iconButton("theme",`${kt}M12 3.5v17a8.5 8.5 0 0 0 0-17`,()=>s.set({theme:this.dark()?"light":"dark"}));let r="M9.5 10a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.5M12 16.2v.6";this.helpButton=this.iconButton("help",kt+r,()=>this.help.open());let i=p("span",{class:"title"},t.facts.title),a=p("header",{class:"bar"},p("b",{},"holograd"),i);a.append(p("span",{class:"tools"},this.language,this.theme,this.helpButton)),this.element=p("div",{class:t.whole?"sheet whole-page":"sheet"},a,p("div",{class:"top"},this.headline,this.rail.element),this.drawing.element,this.table,p("section",{class:"panel"},this.words,this.chains,this.curve),this.clock.element,this.live,this.help.element,this.find.element),s.onChange(()=>this.update()),this.listen()}sheet;host;element;session;texts;drawing;clock;rail;help;find;language;theme;helpButton;headline=p("p",{class:"headline"});words=p("div",{class:"words"});chains=p("div",{class:"chains",tabindex:-1});curve=p("figure",{class:"curve-frame"});table=p("div",{class:"table-frame",tabindex:0,hidden:!0});live=p("div",{class:"live","aria-live":"polite"});speaking=0;iconButton(t,e,n){let s=x("svg",{viewBox:"0 0 24 24",class:"icon "+t,"aria-hidden":"true"});return s.append(x("path",{d:e})),p("button",{type:"button",click:n},s)}listen(){(this.sheet.whole?document:this.element).addEventListener("keydown",e=>this.press(e)),new ResizeObserver(()=>{this.drawing.update(),this.drawing.fit(),this.clock.update()}).observe(this.element)}press(t){let e=t.composedPath()[0],n=e instanceof Element&&this.element.contains(e)?e:null,s=bt(t,n,this.session.keys);s&&(this.perform(s),t.preventDefault(),t.stopPropagation())}perform(t){let{session:e}=this;({next:()=>e.move(1),back:()=>e.move(-1),first:()=>e.move(-1/0),last:()=>e.move(1/0),above:()=>this.drawing.sibling(-1),below:()=>this.drawing.sibling(1),deeper:()=>e.zoom(1),shallower:()=>e.zoom(-1),enter:()=>e.enter(),leave:()=>e.table?e.set({table:!1}):e.zoom(-1),play:()=>e.play(),check:()=>e.set({checks:!e.checks}),table:()=>e.set({table:!e.table}),find:()=>this.find.open(),help:()=>this.help.open()})[t]()}dark(){return this.session.theme?this.session.theme==="dark":this.host.dataset.theme?this.host.dataset.theme==="dark":matchMedia("(prefers-color-scheme: dark)").matches}update(){let{session:t,texts:e,sheet:n}=this;e.language=t.language,this.element.lang=t.language,t.theme&&(this.host.dataset.theme=t.theme,n.whole&&(document.documentElement.dataset.theme=t.theme)),this.headline.textContent=n.facts.headline[t.language],this.language.textContent=t.language==="en"?"한국어":"English",this.language.lang=t.language==="en"?"ko":"en";for(let[s,r]of[[this.theme,"theme"],[this.helpButton,"help"]])s.setAttribute("aria-label",e.say(r)),s.title=e.say(r);this.rail.update(),this.drawing.element.hidden=t.table,this.table.hidden=!t.table,t.table?(this.table.replaceChildren(wt(t,e)),this.table.querySelector("[aria-current]")?.scrollIntoView({block:"nearest"})):this.drawing.update(),this.describe(),this.clock.update()}describe(){let{session:t,texts:e}=this,{pass:n,step:s}=t.moment,r=this.sentence(),i=p("h2",{},this.heading());s?.place&&i.append(p("small",{},s.place));let l=(s?[...s.arguments.map(h=>h.value),...s.outputs]:[]).map(h=>t.level.value(h));this.words.replaceChildren(i,p("p",{},...it(r,l)));let c=this.limit();c&&this.words.append(p("p",{class:"note"},c)),this.chains.replaceChildren(...lt(t,e)),this.chains.tabIndex=this.chains.scrollHeight>this.chains.clientHeight+1?0:-1,this.curve.replaceChildren(...s&&n!=="given"?this.curves(s):[]),this.speak(`${this.heading()}. ${r}`)}heading(){let{pass:t,step:e}=this.session.moment;return!e||t==="given"?this.texts.say("given"):this.texts.say("through_"+t,{step:e.label})}sentence(){let{session:t,texts:e}=this,{pass:n,step:s}=t.moment;return!s||n==="given"?e.say("given_text"):s.sentences[n]?.[t.language]??""}limit(){let{levels:t,zoom:e,asked:n}=this.sheet.facts,s=this.session.refused||(this.session.level.name===e?n:""),r=t.find(a=>a.level===s&&!a.fits);if(!r)return"";let i=this.texts.say("level_"+s);return this.texts.say("limit",{level:i,count:r.count.toLocaleString("en")})}curves(t){if(!t.curve)return[];let e=t.curve.points.map(i=>`${M(i.x)}: ${M(i.slope)}`),n=this.texts.say("curve",{step:t.label,slopes:e.join(", ")}),s=p("figcaption"),r=this.session.level.value(t.arguments[0]?.value??"");return t.curve.points.slice(0,Yt).forEach((i,a)=>{let[l="",c=""]=this.texts.say("slope_at").split("{name}"),h=p("div",{},l,P(r,a),`${c} ${M(i.slope,3)}`);s.append(h)}),[ut(t.curve,t.label,n),s]}speak(t){if(window.clearTimeout(this.speaking),this.live.textContent===""){this.live.textContent=" ";return}this.speaking=window.setTimeout(()=>{this.live.textContent=t},Zt)}};var yt=`/* The visual language: ink is interface, colour is signed number, yellow is what is spoken of.
   The colours themselves stand in the sheet's own style, which Python makes with the drawing's. */

:host {
  --sans: -apple-system, BlinkMacSystemFont, "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic",
    "Noto Sans KR", "Noto Sans CJK KR", "Noto Sans", system-ui, sans-serif;
  --math: "STIX Two Text", "STIX Two Math", "Cambria Math", Cambria, STIX, STIXGeneral,
    "Latin Modern Math", "Times New Roman", serif;
  --quick: 140ms;
  --margin: 32px;
  display: block;
  container-type: inline-size;
  color: var(--ink);
  background: var(--paper);
  font: 15px/1.55 var(--sans);
  font-variant-numeric: tabular-nums;
  text-align: start;
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, p, figure, dl, dd, ul { margin: 0; padding: 0; }
button, input { font: inherit; color: inherit; }
button { border: 0; padding: 0; background: none; cursor: pointer; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
.sheet:lang(ko) { word-break: keep-all; }
.sheet:lang(ko) .words p { font-size: 16px; line-height: 27px; }
.icon { width: 24px; height: 24px; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.sheet { position: relative; display: flex; flex-direction: column; background: var(--paper); }
.whole-page { height: 100vh; height: 100dvh; min-height: 560px; }

/* --- bar, sentence, rail --- */
.bar { display: flex; align-items: center; gap: 24px; flex: none; height: 48px; padding: 0 var(--margin); font-size: 14px; }
.bar b { font-size: 16px; font-weight: 700; letter-spacing: -0.01em; }
.title { color: var(--ink); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tools { display: flex; align-items: center; gap: 20px; margin-inline-start: auto; flex: none; color: var(--ink2); }
.tools button { display: grid; place-items: center; min-width: 24px; min-height: 32px; }
.tools button:hover { color: var(--ink); }
.tools .icon { width: 22px; height: 22px; }
.tools .theme path { fill: none; }
.top { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 4px 32px; flex: none; min-height: 50px; padding: 2px var(--margin) 10px; }
.headline { flex: 1 1 420px; max-width: 1030px; font-size: 18px; line-height: 28px; color: var(--ink2); }
.rail { display: flex; flex: none; font-size: 14px; color: var(--ink2); }
.rail button { padding: 3px 8px; border-radius: 2px; white-space: nowrap; }
.rail button:not(:first-child)::before { content: ""; display: inline-block; width: 7px; height: 1px; margin: 0 6px 0 -11px; vertical-align: 0.28em; background: var(--faint); }
.rail button:hover { color: var(--ink); }
.rail [aria-current] { background: var(--mark); color: var(--ink); font-weight: 600; }
.rail [aria-disabled] { color: var(--faint); cursor: help; }

/* --- drawing --- */
.drawing { position: relative; display: flex; flex-direction: column; flex: 1 1 auto; min-height: 150px; }
.frame { flex: 1 1 auto; display: flex; min-height: 0; margin: 0 calc(var(--margin) - 8px); padding: 0 8px; overflow: auto; scrollbar-width: thin; scrollbar-color: var(--faint) transparent; }
.frame:focus-visible { outline-offset: -2px; }
.frame > svg { display: block; flex: none; margin: auto; }
.frame .step, .frame .value { cursor: pointer; }
.frame .later-backward .slope tspan:not(.f-ink3), .frame .later-backward .slope + .slope { display: none; }
.frame .step:hover .gate { stroke-width: 2; }
.whole { align-self: flex-end; margin: 0 var(--margin); font-size: 13px; line-height: 22px; }
.action { color: var(--ink2); text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 4px; }
.action:hover { color: var(--ink); }

/* --- words, chain, curve --- */
.panel { display: flex; gap: 0 40px; flex: none; height: 182px; padding: 8px var(--margin) 4px; }
.panel .words { flex: 0 0 296px; overflow: auto; scrollbar-width: thin; color: var(--ink2); }
.words h2 { font-size: 17px; line-height: 26px; font-weight: 700; color: var(--ink); }
.words p { margin-block-start: 6px; max-width: 34em; line-height: 24px; }
.words span.symbol { font-size: 112%; }
.words h2 small { margin-inline-start: 6px; font-size: 13px; font-weight: 400; color: var(--ink3); }
.words .note { font-size: 13px; line-height: 20px; color: var(--ink3); }
.chains { flex: 1 1 0; min-width: 0; display: flex; flex-wrap: wrap; align-content: flex-start; gap: 8px 24px; overflow: auto; scrollbar-width: thin; }
.chain { border-collapse: separate; border-spacing: 0 3px; font-size: 16px; height: max-content; }
.chain th { font-weight: 400; padding: 0 4px 2px; text-align: center; color: var(--ink2); }
.chain td { padding: 0 4px; text-align: center; }
.chain td:first-child { padding-inline-end: 12px; text-align: end; }
.chain td:nth-child(3), .chain td:nth-child(5) { color: var(--ink2); }
.chain .local { display: inline-block; padding: 2px 8px; background: var(--mark); color: var(--ink); border-radius: 2px; }
.chain .check { padding-inline-start: 16px; text-align: start; font-size: 13px; color: var(--ink2); white-space: nowrap; }
.chain th.check { line-height: 17px; vertical-align: bottom; white-space: normal; width: 92px; }
.chain .rest { font-size: 13px; color: var(--ink3); text-align: start; }
.compact { border-spacing: 0 2px; }
.compact th { padding-block-end: 0; }
.compact math { math-style: compact; font-size: 16px; }
.compact .cell { min-width: 60px; padding: 0 6px; line-height: 22px; font-size: 14px; }
.compact .check { padding-inline-start: 8px; }
.joins tr:first-child td { border-block-start: 1px solid var(--rule); padding-block-start: 5px; }
.joins td.words { padding-inline-end: 8px; font-size: 13px; color: var(--ink2); text-align: end; overflow: visible; }
.joins .sum .words { color: var(--ink); font-weight: 600; }
.cell { display: inline-block; min-width: 86px; padding: 0 8px; border-radius: 2px; line-height: 28px; text-align: center; color: var(--ink); white-space: nowrap; }
.cell.mark { background: var(--mark); }
.cell.result { box-shadow: inset 0 0 0 2px var(--markline); }
.cell.summary, .cell.none { background: var(--wash); color: var(--ink2); }
.cell.summary.mark { background: var(--mark); }
.cell.summary { padding-block: 2px; line-height: 20px; }
.cell.summary small { display: block; font-size: 12px; line-height: 16px; }
.grid { --cell: 66px; display: inline-grid; gap: 3px; vertical-align: middle; }
.grid .cell { display: block; min-width: var(--cell); padding: 0 6px; line-height: 26px; font-size: 15px; }
.compact .grid { --cell: 58px; gap: 2px; }
.compact .grid .cell { line-height: 22px; font-size: 14px; }
span.symbol { font-family: var(--math); font-size: 19px; color: var(--ink); white-space: nowrap; }
span.symbol sub, span.symbol sup { font-size: 70%; font-style: normal; line-height: 0; }
math { math-style: normal; font-size: 18px; font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", math; }
.forward-table .formula { line-height: 34px; white-space: nowrap; }
.forward-table .formula:first-child math { font-size: 20px; }
.forward-table .given { margin-block-start: 6px; }
.problem { color: var(--ink); font-weight: 600; }
.curve-frame { position: relative; flex: none; }
.curve-frame:empty { display: none; }
.curve-frame figcaption { position: absolute; inset: 6px auto auto 0; font-size: 13px; line-height: 22px; color: var(--ink2); }
.curve-frame figcaption .symbol { font-size: 16px; }
.curve { display: block; overflow: visible; }
.curve .axis { fill: none; stroke: var(--rule); }
.curve .line { fill: none; stroke: var(--ink); stroke-width: 1.8; }
.curve .tangent { fill: none; stroke: var(--markline); stroke-width: 3.5; stroke-linecap: round; }
.curve .point { fill: var(--paper); stroke: var(--ink); stroke-width: 2; }
.curve text { font-size: 12px; fill: var(--ink2); text-anchor: middle; }
.curve .start { text-anchor: start; }
.curve .name { font: italic 17px var(--math); fill: var(--ink); }

/* --- clock --- */
.clock { position: relative; display: flex; align-items: stretch; flex: none; height: 142px; padding: 0 var(--margin); border-block-start: 1px solid var(--rule); }
.transport { display: flex; align-items: center; gap: 10px; flex: none; }
.transport button { display: grid; place-items: center; width: 36px; height: 44px; }
.transport button:hover { color: var(--markline); }
.transport .play { width: 52px; height: 52px; border-radius: 50%; background: var(--ink); color: var(--paper); }
.transport .play:hover { color: var(--mark); }
.transport path { fill: currentColor; }
.transport path.reset { fill: none; }
.counter { display: flex; flex-direction: column; justify-content: center; flex: none; width: 92px; text-align: end; }
.counter b { font-size: 28px; line-height: 30px; }
.counter span { font-size: 13px; color: var(--ink2); }
.track { flex: 1 1 auto; min-width: 0; margin-inline-start: 20px; overflow: hidden; cursor: pointer; touch-action: none; }
.track:focus-visible { outline-offset: -4px; }
.track svg { display: block; }
.track path { fill: none; stroke: var(--ink); stroke-width: 2; }
.track .backward { stroke-dasharray: 6 4; }
.track .later { stroke: var(--faint); stroke-dasharray: 1.5 4; }
.track .dot { fill: var(--paper); stroke: var(--ink3); stroke-width: 1.8; }
.track .gone { fill: var(--ink); stroke: var(--paper); stroke-width: 3; paint-order: stroke; }
.track .here { fill: var(--mark); stroke: var(--markline); stroke-width: 1.6; }
.track text { fill: var(--ink2); text-anchor: middle; dominant-baseline: central; }
.track .count { font-size: 12px; }
.track .side { font-size: 13px; }
.track text.math { font-size: 16px; }
.track .now { fill: var(--ink); }
.track .count.now { font-weight: 600; }
.track tspan { fill: inherit; }
.track .side { text-anchor: start; }
.track .end { text-anchor: end; }

/* --- table, dialogs --- */
.table-frame { flex: 1 1 auto; min-height: 150px; margin: 0 var(--margin); overflow: auto; scrollbar-width: thin; }
.overview { width: 100%; border-collapse: collapse; font-size: 13px; line-height: 20px; }
.overview caption { position: absolute; clip-path: inset(50%); }
.overview th, .overview td { padding: 4px 12px 4px 0; text-align: start; vertical-align: top; border-block-end: 1px solid var(--rule); white-space: nowrap; }
.overview thead th { position: sticky; inset-block-start: 0; background: var(--paper); color: var(--ink2); font-weight: 400; }
.overview tbody tr { cursor: pointer; }
.overview [aria-current] > * { background: var(--mark); }
dialog { max-width: min(520px, 92vw); max-height: 86vh; padding: 24px; border: 1px solid var(--ink3); border-radius: 2px; background: var(--raised); color: var(--ink); overflow: auto; }
dialog::backdrop { background: color-mix(in srgb, var(--paper) 60%, transparent); }
.help h2 { font-size: 17px; margin-block-end: 8px; }
.help p { color: var(--ink2); font-size: 14px; }
.help dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 16px 0; font-size: 14px; }
.help label { display: flex; gap: 8px; align-items: center; margin-block-end: 16px; font-size: 14px; }
.help input { width: 18px; height: 18px; accent-color: var(--ink); }
kbd { font: 13px var(--sans); color: var(--ink2); white-space: pre; }
.find { width: 460px; }
.find input { width: 100%; padding: 8px 0; border: 0; border-block-end: 1px solid var(--ink); background: none; font-size: 17px; border-radius: 0; }
.find ul { list-style: none; margin-block-start: 8px; min-height: 24px; }
.find li button { display: flex; gap: 12px; align-items: baseline; width: 100%; min-height: 36px; text-align: start; }
.find li button:hover, .find li button:focus { background: var(--mark); }
.find li span:nth-of-type(2) { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.find small, .find .none { color: var(--ink3); }

/* --- in a notebook --- */
.sheet:not(.whole-page) { border-block: 1px solid var(--rule); }
.sheet:not(.whole-page) .frame { max-height: 460px; }
.sheet:not(.whole-page) .table-frame { max-height: 460px; }

@container (min-width: 1600px) {
  .sheet { --margin: 56px; }
  .bar { height: 64px; font-size: 17px; }
  .bar b { font-size: 19px; }
  .headline { font-size: 23px; line-height: 36px; }
  .rail { font-size: 17px; }
  .panel { height: 236px; gap: 0 64px; }
  .panel .words { flex-basis: 420px; }
  .words h2 { font-size: 22px; line-height: 32px; }
  .words p, .sheet:lang(ko) .words p { font-size: 18px; line-height: 30px; }
  .chain { font-size: 20px; }
  .cell { min-width: 108px; line-height: 34px; }
  .compact .cell, .grid .cell { min-width: 76px; line-height: 28px; font-size: 17px; }
  math { font-size: 22px; }
  .chain .check, .curve-frame figcaption { font-size: 16px; }
  .chain th.check { line-height: 21px; width: 112px; }
  .curve { width: 364px; height: 195px; }
  .clock { height: 184px; }
  .counter b { font-size: 36px; line-height: 40px; }
  .counter span { font-size: 17px; }
  .track .count, .track .side { font-size: 16px; }
  .track .sign { font-size: 20px; }
}
@container (max-width: 1099px) {
  .sheet { --margin: 20px; }
  .panel { gap: 0 28px; height: 210px; }
  .panel .words { flex-basis: 260px; }
  .curve-frame { display: none; }
  .transport { gap: 2px; }
  .counter { width: 76px; }
}
@container (max-width: 639px) {
  .sheet { --margin: 16px; font-size: 15px; }
  .bar { gap: 12px; }
  .tools { gap: 0; }
  .tools button { min-width: 44px; min-height: 44px; }
  .top { gap: 0; padding-block: 0; }
  .headline { flex-basis: 100%; font-size: 16px; line-height: 23px; }
  .rail { max-width: 100%; overflow-x: auto; margin-inline-start: -8px; scrollbar-width: none; }
  .rail button { min-height: 44px; min-width: 44px; padding: 0 8px; }
  .rail [aria-current] { box-shadow: inset 0 8px var(--paper), inset 0 -8px var(--paper); }
  .frame { margin: 0; padding: 0 8px; }
  .whole { display: none; }
  .panel { display: block; height: 205px; overflow: auto; border-block-start: 1px solid var(--rule); }
  .words, .chains { overflow: visible; }
  .words h2 { display: inline; font-size: 16px; }
  .words h2::after { content: " "; white-space: pre; }
  .words h2 + p { display: inline; }
  .chains { gap: 12px; margin-block-start: 10px; }
  .chain .check, .chain thead { display: none; }
  .cell { min-width: 78px; padding: 0 5px; }
  .grid, .compact .grid { --cell: 44px; }
  .grid .cell, .compact .grid .cell { font-size: 13px; padding: 0 4px; }
  .clock { flex-direction: column; height: 166px; }
  .counter { position: absolute; inset-block-start: 26px; inset-inline-start: var(--margin); width: 64px; flex-flow: row wrap; justify-content: flex-start; align-items: baseline; gap: 0 4px; text-align: start; }
  .counter b { font-size: 22px; }
  .track { order: -1; flex: 1 1 0; margin-inline-start: 70px; }
  .transport { justify-content: space-between; padding-block-end: 12px; }
  .transport button { width: 52px; height: 52px; }
}
@media (prefers-reduced-motion: no-preference) {
  .frame .halo, .frame .door, .rail button { transition: fill var(--quick), background var(--quick); }
}
`;var te="holograd-explanation";function ee(){let{jpThemeLight:o,vscodeThemeKind:t}=document.body.dataset;return o?o==="true"?"light":"dark":t?.replace("vscode-","").replace("high-contrast","dark")}async function ne(o){let t=Uint8Array.from(atob(o.trim()),n=>n.charCodeAt(0)),e=new Blob([t]).stream().pipeThrough(new DecompressionStream("gzip"));return await new Response(e).json()}async function se(o){let t=o.querySelector('script[type="application/gzip"]');if(o.dataset.started||!t)return;o.dataset.started="true";let e=await ne(t.textContent??""),n=e.whole?void 0:ee();n&&(o.dataset.theme=n);let s=new Z(e,o),r=document.createElement("style");r.textContent=yt+e.stylesheet,o.attachShadow({mode:"open"}).append(r,s.element),s.update()}document.querySelectorAll(te).forEach(o=>{se(o)});})();
