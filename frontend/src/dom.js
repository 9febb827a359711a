// Making elements. All text goes through text nodes: nothing of the corpus is ever read as markup.

// Marks that turn the direction of text, control characters and characters without a width.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad]/;

export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [k, v] of Object.entries(value)) element.style.setProperty(k, v);
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Text of the corpus: kept apart from the direction of its surroundings, what is unseen shown by its number.
export function foreign(text, name = "bdi", properties = {}) {
  const element = make(name, properties);
  if (!UNSEEN.test(text)) {
    element.append(text);
    return element;
  }
  let plain = "";
  for (const character of text) {
    if (!UNSEEN.test(character)) {
      plain += character;
      continue;
    }
    if (plain) element.append(plain);
    plain = "";
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    element.append(make("span", { class: "unseen" }, `U+${code}`));
  }
  if (plain) element.append(plain);
  return element;
}

export const byId = (id) => document.getElementById(id);
