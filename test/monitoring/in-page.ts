import type { Page } from 'playwright-core';

/** Questions about the document as the browser shows it; as text, because they run in there and not here. */

/** The channels of the page's background, 0 to 255. */
export function backgroundOf(page: Page): Promise<readonly number[]> {
  return page.evaluate<number[]>(
    'getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number)',
  );
}

/** Which cards there are, from top to bottom. */
export function cardsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>("[...document.querySelectorAll('.service h2')].map(({ id }) => id)");
}

/** What ends to the right of the window. */
export function tooWide(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(
    `[...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth)
      .map((element) => element.outerHTML.slice(0, 80))`,
  );
}

export function scrollWidthOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth');
}

/** What has the focus, and whether one sees it. */
export function focusOf(page: Page): Promise<{ readonly text: string; readonly outline: string }> {
  return page.evaluate<{ text: string; outline: string }>(
    `({
      text: document.activeElement.textContent.trim(),
      outline: getComputedStyle(document.activeElement).outlineStyle,
    })`,
  );
}

/** How many elements fade, slide or spin. */
export function movingElements(page: Page): Promise<number> {
  return page.evaluate<number>(
    `[...document.querySelectorAll('*')].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element);
      return transitionDuration !== '0s' || animationName !== 'none';
    }).length`,
  );
}

/** Resolves once a plot has a line of exactly this colour; looks at each frame, as one expression, since the page forbids `eval`. */
export async function plotsPaintedIn(page: Page, colour: readonly [number, number, number]): Promise<void> {
  await page.evaluate(
    `new Promise((resolve) => {
      const [red, green, blue] = ${JSON.stringify(colour)};
      const isPainted = (canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        for (let at = 0; at < data.length; at += 4) {
          if (data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255) return true;
        }
        return false;
      };
      const look = () => {
        if ([...document.querySelectorAll('canvas')].some(isPainted)) resolve();
        else requestAnimationFrame(look);
      };
      look();
    })`,
  );
}
