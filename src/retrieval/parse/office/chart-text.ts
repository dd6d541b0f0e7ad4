import { shownAs } from './cell-format.js';
import { readXml } from './read-xml.js';

interface Series {
  name: string;
  readonly categories: string[];
  readonly values: string[];
}

/** Maximum number of points of a chart; people do not read more. */
const MAX_POINTS = 2000;
const VALUES = new Set(['val', 'yVal']);
const CATEGORIES = new Set(['cat', 'xVal']);

/**
 * The text of a chart of an Office document, line by line: its title, the titles of its axes, and a table of its cached values, with a row
 * for each category and a column for each series. Empty if the chart has none of these.
 */
export function chartText(xml: string): string {
  const titles: string[] = [];
  const series: Series[] = [];
  const path: string[] = [];
  let title = '';
  let point = 0;
  let value = '';
  let isValue = false;
  let points = 0;
  let formatCode = '';

  const current = (): Series | undefined => (path.includes('ser') ? series.at(-1) : undefined);
  const endPoint = (): void => {
    const one = current();
    const written = path.includes('numCache') ? shownAs(formatCode || 'General', value.trim()) : value;
    const text = written.replace(/\s+/gu, ' ').trim();
    if (one === undefined || text === '' || ++points > MAX_POINTS || point >= MAX_POINTS) return;
    if (path.some((tag) => VALUES.has(tag))) one.values[point] = text;
    else if (path.some((tag) => CATEGORIES.has(tag))) {
      // The innermost of several levels comes first.
      const inner = one.categories[point];
      one.categories[point] = inner === undefined ? text : `${text}, ${inner}`;
    } else if (path.includes('tx') && !path.includes('dLbls')) one.name = text;
  };

  readXml(xml, {
    onOpen(tag, attributes) {
      path.push(tag);
      if (tag === 'ser') series.push({ name: '', categories: [], values: [] });
      else if (tag === 'title') title = '';
      else if (tag === 'formatCode') formatCode = '';
      else if (tag === 'pt') point = Math.max(0, Number(attributes.get('idx') ?? 0) || 0);
      else if (tag === 'v') {
        value = '';
        isValue = true;
      } else if ((tag === 'p' || tag === 'br') && title !== '') title += ' ';
    },
    onClose(tag) {
      if (tag === 'v') {
        isValue = false;
        endPoint();
        if (path.includes('title')) title += value;
      } else if (tag === 'title') {
        const text = title.replace(/\s+/gu, ' ').trim();
        if (text !== '') titles.push(text);
      }
      if (path.at(-1) === tag) path.pop();
    },
    onText(text) {
      if (isValue) value += text;
      else if (path.at(-1) === 'formatCode') formatCode += text;
      else if (path.at(-1) === 't' && path.includes('title')) title += text;
    },
  });
  return [...titles, ...table(series)].join('\n');
}

function table(series: readonly Series[]): string[] {
  const shown = series.filter(({ name, values }) => name !== '' || values.length > 0);
  const labels = shown.find(({ categories }) => categories.length > 0)?.categories ?? [];
  const rows = shown.reduce((most, { values }) => Math.max(most, values.length), labels.length);
  const head = shown.some(({ name }) => name !== '') ? ['', ...shown.map(({ name }) => name)].join(' | ').trim() : '';
  const lines = Array.from({ length: rows }, (_, index) =>
    [labels[index] ?? '', ...shown.map(({ values }) => values[index] ?? '')].join(' | '),
  );
  return [head, ...lines].filter((line) => /[^\s|]/u.test(line));
}
