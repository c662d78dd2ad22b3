/** @typedef {import('./words.js').Level} Level */

/** @template {HTMLElement} Kind @param {string} id @param {new () => Kind} kind */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`no ${id} on this page`);
  return element;
}

/** @param {string} tag @param {string} className @param {(Node | string)[]} children */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...children);
  return element;
}

/** @param {HTMLElement} element @param {Level} level */
export function setLevel(element, level) {
  if (element.dataset['level'] !== level) element.dataset['level'] = level;
}

export function mark() {
  const shape = make('span', 'mark');
  shape.ariaHidden = 'true';
  return shape;
}

/** Leaves the document alone when nothing changes. @param {HTMLElement} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
