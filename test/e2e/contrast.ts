import type { Page } from "playwright-core";

/** The texts inside `selector` whose contrast with their ground (WCAG 2, 1 to 21) is under `least`, as `ratio text`. */
export function faintTexts(page: Page, selector: string, least: number): Promise<string[]> {
  return page.evaluate(`(${script})(${JSON.stringify(selector)}, ${least})`);
}

/** Runs in the page. Opacities are multiplied in; a gradient or picture behind a text is not looked at. */
const script = String.raw`
(selector, least) => {
  const parse = (color) => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (color.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    return { channels: [red, green, blue], alpha };
  };
  const over = (top, alpha, ground) => top.map((channel, index) => channel * alpha + ground[index] * (1 - alpha));
  const luminance = (channels) => {
    const [red, green, blue] = channels.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ancestors = (element) => {
    const list = [];
    for (let one = element; one !== null; one = one.parentElement) list.push(one);
    return list;
  };
  const groundOf = (element) => ancestors(element).reverse().reduce((ground, one) => {
    const { channels, alpha } = parse(getComputedStyle(one).backgroundColor);
    return over(channels, alpha, ground);
  }, [255, 255, 255]);
  const found = new Set();
  for (const place of document.querySelectorAll(selector)) {
    const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
      const element = text.parentElement;
      const style = getComputedStyle(element);
      if (text.data.trim() === "" || element.getClientRects().length === 0 || /^(script|style|title)$/i.test(element.tagName)) continue;
      const ground = groundOf(element);
      const { channels, alpha } = parse(element instanceof SVGElement ? style.fill : style.color);
      const opacity = ancestors(element).reduce((product, one) => product * Number(getComputedStyle(one).opacity), alpha);
      const [low, high] = [luminance(over(channels, opacity, ground)), luminance(ground)].toSorted((a, b) => a - b);
      const ratio = (high + 0.05) / (low + 0.05);
      if (ratio < least) found.add(ratio.toFixed(2) + " " + text.data.trim().slice(0, 60));
    }
  }
  return [...found];
}`;
