"use strict";
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];

  // say in the contents where the reader is; on a narrow page the contents begin closed
  const contents = document.querySelector("nav details");
  if (!matchMedia("(min-width: 74rem)").matches) contents.open = false;
  const links = new Map(all("nav a").map((a) => [a.hash.slice(1), a]));
  const watch = new IntersectionObserver((seen) => {
    for (const each of seen) {
      if (!each.isIntersecting) continue;
      for (const a of links.values()) a.removeAttribute("aria-current");
      links.get(each.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-15% 0px -75% 0px" });
  for (const section of all("main section[id]")) watch.observe(section);

  // on paper everything is open
  addEventListener("beforeprint", () => { for (const each of all("main details")) each.open = true; });
})();
