import './dom.ts';
import { act, createElement, StrictMode, type FunctionComponent } from 'react';
import { createRoot } from 'react-dom/client';

/** A component on a page, under StrictMode. */
export class Rendered {
  readonly #root = createRoot(
    (globalThis as unknown as { document: { createElement(name: string): Element } }).document.createElement(
      'div',
    ),
  );

  static async of<Props extends object>(
    component: FunctionComponent<Props>,
    props: Props,
  ): Promise<Rendered> {
    const rendered = new Rendered();
    await rendered.render(component, props);
    return rendered;
  }

  async render<Props extends object>(component: FunctionComponent<Props>, props: Props): Promise<void> {
    await act(() => {
      this.#root.render(createElement(StrictMode, null, createElement(component, props)));
      return Promise.resolve();
    });
  }

  async unmount(): Promise<void> {
    await act(() => {
      this.#root.unmount();
      return Promise.resolve();
    });
  }

  /** What happens in it is rendered when it is over. */
  async while(step: () => Promise<void> | void): Promise<void> {
    await act(async () => {
      await step();
    });
  }
}
interface Element {
  readonly nodeType: never;
}
