import { Window } from 'happy-dom';

/** A page for React, which looks for one when it is imported: import this first. */
const window = new Window({ url: 'http://localhost/' });
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
