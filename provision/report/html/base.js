
"use strict";
const root = document.documentElement;
root.lang = root.dataset.said || ((navigator.language || "en").startsWith("zh") ? "zh" : "en");
root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
const switched = [];
const flip = (id, change) => {
  document.getElementById(id).onclick = () => { change(); switched.forEach(each => each()); };
};
flip("language", () => { root.lang = root.lang === "en" ? "zh" : "en"; });
flip("theme", () => { root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"; });
