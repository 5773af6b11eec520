"""Words that would run, or fetch, or hide, if a page took them for more than words. Each sets `ran` if it runs.

They are what published lists of such strings have (OWASP's filter evasion sheet, the HTML5 security cheat sheet, the
mutation attacks on sanitisers), a few of each kind, and what would fool the pieces that pages are made of here: string
templates, Markdown, matplotlib's mathematics, and the expressions that svg.py reads a drawing with.
"""

FAR = "//far.invalid/x"  # no name is found there, and a request is seen

TAGS = (
    "<script>ran=1</script>",
    "<ScRiPt >ran=1</sCrIpT >",
    "<script/src=data:,ran=1></script>",
    f"<script src={FAR}></script>",
    "<img src=x onerror=ran=1>",
    "<img/src='x'/onerror='ran=1'>",
    f"<img src={FAR}>",
    f"<img srcset='{FAR} 1x'>",
    "<body onload=ran=1>",
    "<input autofocus onfocus=ran=1>",
    "<details open ontoggle=ran=1>",
    "<video><source onerror=ran=1></video>",
    "<audio src=x onerror=ran=1>",
    "<marquee onstart=ran=1>",
    "<iframe src=javascript:parent.ran=1></iframe>",
    "<iframe srcdoc='<script>parent.ran=1</script>'>",
    f"<object data={FAR}></object>",
    f"<embed src={FAR}>",
    f"<link rel=stylesheet href={FAR}>",
    f"<base href={FAR}>",
    "<meta http-equiv=refresh content='0;url=javascript:ran=1'>",
    "<form action=javascript:ran=1><button autofocus onfocus=ran=1>",
    "<a href=javascript:ran=1 autofocus onfocus=ran=1>x</a>",
    "<style onload=ran=1></style>",
    "<plaintext>",
    "<template><script>ran=1</script></template>",
)
SVG_AND_MATHML = (
    "<svg onload=ran=1>",
    "<svg><script>ran=1</script></svg>",
    "<svg><animate onbegin=ran=1 attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:ran=1><text y=9>x</text></a></svg>",
    f"<svg><use href='{FAR}#a'/></svg>",
    f"<svg><image href='{FAR}'/></svg>",
    "<svg><foreignObject><img src=x onerror=ran=1></foreignObject></svg>",
    "<math><mtext></mtext><img src=x onerror=ran=1></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=ran=1>'>",
    "<noscript><p title='</noscript><img src=x onerror=ran=1>'>",
)
CLOSERS = (
    "</script><script>ran=1</script>",
    "</style><script>ran=1</script>",
    "</title><script>ran=1</script>",
    "</textarea><script>ran=1</script>",
    "</svg></text></style><img src=x onerror=ran=1>",
    "--><script>ran=1</script><!--",
    "<!--><script>ran=1</script>",
    "]]><script>ran=1</script><![CDATA[",
    "?><script>ran=1</script><?x",
    "*/ran=1;/*",
    "';ran=1;//",
    '";ran=1;//',
    "\\';ran=1;//",
    "});ran=1;({",
)
ATTRIBUTES = (
    '"><script>ran=1</script>',
    "'><script>ran=1</script>",
    '" onmouseover="ran=1" x="',
    "' autofocus onfocus='ran=1' x='",
    '" autofocus tabindex=1 onfocus=ran=1 style="position:fixed;inset:0',
    '" style="background:url(//far.invalid/x)',
    'x" id="story" data-live="[]',
    "onload=ran=1",
)
ADDRESSES = (
    "javascript:ran=1",
    "JaVaScRiPt:ran=1//",
    "data:text/html,<script>ran=1</script>",
    "vbscript:ran=1",
    "[a](javascript:ran=1)",
    f"![a]({FAR})",
    f"url({FAR})",
    "url(#clip) href=\"#a\" id='b'",
)
STYLES = (
    f"}}*{{background:url({FAR})}}",
    f"@import '{FAR}';",
    "x:expression(ran=1)",
    "-moz-binding:url(x)",
)
TEMPLATES = (
    "${ran=1}",
    "$title ${body} $$",
    "{{constructor.constructor('ran=1')()}}",
    "{ran} {0} {x!r}",
    "<%= ran=1 %>",
    "#{ran=1}",
    "%(ran)s %s %n",
    "`${ran=1}`",
    r"\g<0> \1 \n",
    r"$\frac{1}{2}$ and $x_{",
    "*b* **c** `d` _e_ # f",
    '0.123456 #0072b2 font: 9px x; id="a',
)
DISGUISES = (
    "&lt;script&gt;ran=1&lt;/script&gt;",
    "&#x3c;script&#x3e;ran=1",
    "&amp;lt;b&amp;gt; &copy &notit;",
    "%3Cscript%3Eran=1%3C/script%3E",
    "+ADw-script+AD4-ran=1+ADw-/script+AD4-",
    r"\u003cscript\u003eran=1",
    "\uff1cscript\uff1eran=1\uff1c/script\uff1e",
    "\u202e<script>ran=1</script>\u202c",
    "a\u200bb\u2066c\u2069",
    "<scr\u00adipt>ran=1",
    "\u2028ran=1;\u2029",
    "e\u0301\U0001f600 \ufffe",
    "<img src=x\x0conerror=ran=1>",
    "<script\x00>ran=1</script>",
    "\x00<script>ran=1</script>",
    "\x1b]8;;http://far.invalid\x07x\x1b[31m\x08",
    "a\r\n<script>ran=1</script>\tb",
)
ATTACKS = (
    *TAGS,
    *SVG_AND_MATHML,
    *CLOSERS,
    *ATTRIBUTES,
    *ADDRESSES,
    *STYLES,
    *TEMPLATES,
    *DISGUISES,
)
