// A dashboard as an SVG: the grid, the panels and what they show, in the colours of Grafana's dark theme.
import { format, ticks } from './units';

export interface Line {
  readonly name: string;
  /** Seconds since 1970 and value; NaN and gaps are left out. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Cell {
  readonly text: string;
  readonly colour?: string;
  readonly number?: boolean;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Frame {
  readonly title: string;
  readonly box: Box;
}

const palette = ['#73bf69', '#f2cc0c', '#8ab8ff', '#ff780a', '#f2495c', '#5794f2', '#b877d9', '#705da0', '#37872d', '#fade2a'];
const named: Readonly<Record<string, string>> = {
  green: '#73bf69',
  orange: '#ff9830',
  red: '#f2495c',
  blue: '#5794f2',
  text: '#ccccdc',
};
const colours = { page: '#111217', panel: '#181b1f', border: '#2c3038', text: '#ccccdc', faint: '#8e8e99', grid: '#26292f' };

export const colour = (name = 'text'): string => named[name] ?? name;

const xml = (s: string): string => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const round = (n: number): number => Math.round(n * 10) / 10;

/** About the width of a text: letters are a little more than half as wide as high. */
const widthOf = (s: string, size: number): number =>
  [...s].reduce(
    (sum, c) => sum + (/[ilj.,:;|'() -]/.test(c) ? 0.31 : /[mwMW%]/.test(c) ? 0.86 : /[A-Z]/.test(c) ? 0.7 : 0.6),
    0,
  ) * size;

const shorten = (s: string, width: number, size: number): string => {
  if (widthOf(s, size) <= width) return s;
  let cut = s;
  while (cut.length > 1 && widthOf(`${cut}…`, size) > width) cut = cut.slice(0, -1);
  return `${cut}…`;
};

/** What the root says of most texts need not be said again. */
const usual = { size: 11, fill: colours.text } as const;
const text = (x: number, y: number, s: string, size: number, fill: string, rest = ''): string => {
  const own = [size === usual.size ? '' : ` font-size="${size}"`, fill === usual.fill ? '' : ` fill="${fill}"`].join('');
  return `<text x="${Math.round(x)}" y="${Math.round(y)}"${own}${rest}>${xml(s)}</text>`;
};
const rect = ({ x, y, w, h }: Box, attributes: string): string =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}" ${attributes}/>`;

const padding = 10;
const titleHeight = 30;

const panel = ({ title, box }: Frame, content: string): string =>
  rect(box, `rx="3" fill="${colours.panel}" stroke="${colours.border}"`) +
  text(box.x + padding, box.y + 20, shorten(title, box.w - 2 * padding, 13), 13, colours.text, ' font-weight="500"') +
  content;

const inner = ({ x, y, w, h }: Box): Box => ({
  x: x + padding,
  y: y + titleHeight,
  w: w - 2 * padding,
  h: h - titleHeight - padding,
});

const nothing = (box: Box): string =>
  text(box.x + box.w / 2, box.y + box.h / 2, 'No data', 13, colours.faint, ' text-anchor="middle"');

/** Without the points that a straight line between their neighbours goes through, less than a pixel aside. */
const simplified = (points: readonly At[]): At[] => {
  const [first, last] = [points[0], points.at(-1)];
  if (points.length < 3 || !first || !last) return [...points];
  let [furthest, distance] = [0, 0.7];
  const length = Math.hypot(last[0] - first[0], last[1] - first[1]) || 1;
  points.forEach(([x, y], i) => {
    const d = Math.abs((last[0] - first[0]) * (first[1] - y) - (first[0] - x) * (last[1] - first[1])) / length;
    if (d > distance) [furthest, distance] = [i, d];
  });
  if (furthest === 0) return [first, last];
  return [...simplified(points.slice(0, furthest + 1)), ...simplified(points.slice(furthest)).slice(1)];
};

type At = readonly [x: number, y: number];

/** The parts of a line between its gaps. */
const parts = <P extends { readonly t: number }>(points: readonly P[], step: number): P[][] => {
  const found: P[][] = [];
  for (const [i, p] of points.entries()) {
    const before = points[i - 1];
    if (before && p.t - before.t < step * 1.5) found.at(-1)?.push(p);
    else found.push([p]);
  }
  return found;
};

/** In tenths of a pixel would be longer and look the same. */
const path = (points: readonly At[]): string =>
  simplified(points)
    .map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${Math.round(x)} ${Math.round(y * 2) / 2}`)
    .join('');

const latest = (line: Line): number => line.points.at(-1)?.[1] ?? Number.NaN;
const highest = (line: Line): number => line.points.reduce((most, [, v]) => Math.max(most, v), Number.NEGATIVE_INFINITY);

/** The one number of a panel, over its course. */
export const drawStat = (
  frame: Frame,
  o: { readonly value?: string; readonly colour: string; readonly course?: Line; readonly from: number; readonly to: number },
): string => {
  const box = inner(frame.box);
  if (o.value === undefined) return panel(frame, nothing(box));
  const course = (o.course?.points ?? []).filter(([, v]) => Number.isFinite(v));
  const most = Math.max(...course.map(([, v]) => v), 0);
  const low = Math.min(...course.map(([, v]) => v), most);
  const [top, bottom] = [frame.box.y + frame.box.h * 0.62, frame.box.y + frame.box.h - 3];
  const at = course.map(
    ([t, v]) =>
      [
        frame.box.x + 1 + ((t - o.from) / (o.to - o.from)) * (frame.box.w - 2),
        bottom - (most === low ? 0 : ((v - low) / (most - low)) * (bottom - top)),
      ] as const,
  );
  const [start, end] = [at[0], at.at(-1)];
  const spark =
    start && end && at.length > 1
      ? `<path d="${path(at)}L${Math.round(end[0])} ${round(bottom + 2)}L${Math.round(start[0])} ${round(bottom + 2)}Z" fill="${o.colour}" fill-opacity="0.12"/><path d="${path(at)}" fill="none" stroke="${o.colour}" stroke-opacity="0.7"/>`
      : '';
  const size = Math.min(30, (30 * (box.w - 8)) / Math.max(1, widthOf(o.value, 30)));
  return panel(
    frame,
    spark +
      text(
        box.x + box.w / 2,
        box.y + box.h * 0.45 + size / 3,
        o.value,
        round(size),
        o.colour,
        ' text-anchor="middle" font-weight="500"',
      ),
  );
};

const clock = (t: number): string => new Date(t * 1000).toISOString().slice(11, 16);

/** Lines over time with axes and a legend, below or to the right. */
export const drawGraph = (
  frame: Frame,
  o: {
    readonly lines: readonly Line[];
    readonly unit: string;
    readonly decimals?: number;
    readonly max?: number;
    readonly stacked: boolean;
    readonly legend: 'below' | 'right';
    readonly from: number;
    readonly to: number;
    /** Seconds from one point to the next. */
    readonly step: number;
  },
): string => {
  const box = inner(frame.box);
  const lines = o.lines.filter((l) => l.points.length > 0);
  if (lines.length === 0) return panel(frame, nothing(box));

  // the legend takes its room first
  const size = 11;
  const names: string[] = [];
  let plot = box;
  if (o.legend === 'right') {
    const w = Math.min(box.w * 0.52, 400, Math.max(...lines.map((l) => widthOf(l.name, size))) + 152);
    const rows = Math.floor((box.h - 16) / 16);
    const x = box.x + box.w - w;
    names.push(
      ...['Last', 'Max'].map((title, i) => text(x + w - 62 + i * 62, box.y + 8, title, size, '#6e9fff', ' text-anchor="end"')),
    );
    [...lines]
      .map((line, i) => ({ line, i }))
      .sort((a, b) => (latest(b.line) || 0) - (latest(a.line) || 0))
      .slice(0, rows)
      .forEach(({ line, i }, row) => {
        const y = box.y + 26 + row * 16;
        names.push(
          rect({ x, y: y - 5, w: 12, h: 3 }, `fill="${palette[i % palette.length]}"`),
          text(x + 18, y, shorten(line.name, w - 148, size), size, colours.text),
          text(x + w - 62, y, format(latest(line), o.unit, o.decimals), size, colours.text, ' text-anchor="end"'),
          text(x + w, y, format(highest(line), o.unit, o.decimals), size, colours.text, ' text-anchor="end"'),
        );
      });
    plot = { ...box, w: box.w - w - 14 };
  } else {
    const rows: { x: number; row: number; name: string; i: number }[] = [];
    let [x, row] = [0, 0];
    for (const [i, line] of lines.entries()) {
      const name = shorten(line.name, box.w - 24, size);
      const w = 18 + widthOf(name, size) + 12;
      if (x > 0 && x + w > box.w) [x, row] = [0, row + 1];
      rows.push({ x, row, name, i });
      x += w;
    }
    const shown = Math.min(row + 1, 4);
    const top = box.y + box.h - shown * 16 + 10;
    for (const r of rows.filter((r) => r.row < shown))
      names.push(
        rect({ x: box.x + r.x, y: top + r.row * 16 - 5, w: 12, h: 3 }, `fill="${palette[r.i % palette.length]}"`),
        text(box.x + r.x + 17, top + r.row * 16, r.name, size, colours.text),
      );
    plot = { ...box, h: box.h - shown * 16 - 4 };
  }

  const stack = new Map<number, number>();
  const drawn = lines.map((line) => ({
    line,
    points: line.points.map(([t, v]) => {
      if (!o.stacked) return { t, from: 0, to: v };
      const from = stack.get(t) ?? 0;
      stack.set(t, from + v);
      return { t, from, to: from + v };
    }),
  }));
  const most = Math.max(...drawn.flatMap((d) => d.points.map((p) => p.to)));
  const least = Math.min(0, ...drawn.flatMap((d) => d.points.map((p) => p.to)));
  const marks = ticks(least, o.max ?? (most > least ? most * 1.02 : 1), o.unit, 4);
  const [low, high] = [marks[0] as number, marks.at(-1) as number];
  // as many digits as tell the marks apart
  const decimals = [0, 1, 2, 3, 4, 5].find((d) => new Set(marks.map((m) => format(m, o.unit, d))).size === marks.length);
  const labels = marks.map((m) => format(m, o.unit, decimals));
  const left = plot.x + Math.max(...labels.map((l) => widthOf(l, size))) + 8;
  const bottom = plot.y + plot.h - 18;
  const px = (t: number): number => left + ((t - o.from) / (o.to - o.from)) * (plot.x + plot.w - left);
  const py = (v: number): number => bottom - ((v - low) / (high - low || 1)) * (bottom - plot.y);
  const axes = marks.map(
    (m, i) =>
      `<path d="M${round(left)} ${round(py(m))}H${round(plot.x + plot.w)}" stroke="${colours.grid}"/>` +
      text(left - 6, py(m) + 4, labels[i] as string, size, colours.faint, ' text-anchor="end"'),
  );
  const every = [60, 120, 300, 600, 900, 1800, 3600].find((s) => (o.to - o.from) / s <= plot.w / 90) ?? 7200;
  for (let t = Math.ceil(o.from / every) * every; t < o.to; t += every)
    if (px(t) > left + 14 && px(t) < plot.x + plot.w - 14)
      axes.push(text(px(t), bottom + 15, clock(t), size, colours.faint, ' text-anchor="middle"'));
  const curves = drawn.map(({ points }, i) => {
    const stroke = palette[i % palette.length];
    const lengths = parts(points, o.step);
    const upper = lengths.map((part) => part.map((p): At => [px(p.t), py(Math.min(p.to, high))]));
    const areas = lengths.map((part, n) => {
      const lower = part.map((p): At => [px(p.t), py(p.from)]).reverse();
      return `${path(upper[n] ?? [])}${path(lower).replace('M', 'L')}Z`;
    });
    const line = upper.map((part) => (part.length === 1 ? `${path(part)}h1` : path(part))).join('');
    const area = o.stacked ? `<path d="${areas.join('')}" fill="${stroke}" fill-opacity="0.3"/>` : '';
    return `${area}<path d="${line}" fill="none" stroke="${stroke}" stroke-width="1.3"/>`;
  });
  return panel(frame, axes.join('') + curves.join('') + names.join(''));
};

/** Rows and columns; a column is as wide as what stands in it. */
export const drawTable = (frame: Frame, header: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const box = inner(frame.box);
  if (rows.length === 0) return panel(frame, nothing(box));
  const size = 12;
  const needed = header.map((h, i) => Math.max(widthOf(h, size), ...rows.map((row) => widthOf(row[i]?.text ?? '', size))) + 18);
  const scale = box.w / needed.reduce((a, b) => a + b, 0);
  const widths = needed.map((w) => w * scale);
  const left = (i: number): number => box.x + widths.slice(0, i).reduce((a, b) => a + b, 0);
  const place = (i: number, y: number, cell: Cell, fill: string): string => {
    const s = shorten(cell.text, (widths[i] ?? 0) - 8, size);
    return cell.number
      ? text(left(i) + (widths[i] ?? 0) - 10, y, s, size, fill, ' text-anchor="end"')
      : text(left(i), y, s, size, fill);
  };
  const shown = rows.slice(0, Math.floor((box.h - 22) / 24));
  const parts = header.map((h, i) => place(i, box.y + 12, { text: h, number: rows[0]?.[i]?.number }, '#6e9fff'));
  shown.forEach((row, r) => {
    const y = box.y + 22 + r * 24;
    parts.push(`<path d="M${round(box.x)} ${round(y)}H${round(box.x + box.w)}" stroke="${colours.grid}"/>`);
    row.forEach((cell, i) => {
      parts.push(place(i, y + 16, cell, cell.colour ?? (i === 0 ? '#6e9fff' : colours.text)));
    });
  });
  return panel(frame, parts.join(''));
};

export const drawRow = (title: string, box: Box): string =>
  text(box.x + 2, box.y + 20, `⌄  ${title}`, 14, colours.text, ' font-weight="500"');

const page = { width: 1500, margin: 14, head: 74, unit: 32, gap: 8 } as const;

/** Where a panel of Grafana's grid of 24 columns stands. */
export const place = (grid: Box): Box => {
  const column = (page.width - 2 * page.margin + page.gap) / 24;
  return {
    x: page.margin + grid.x * column,
    y: page.head + grid.y * page.unit,
    w: grid.w * column - page.gap,
    h: grid.h * page.unit - page.gap,
  };
};

/** The whole page around its panels. @param variables what is chosen, by label */
export const drawPage = (o: {
  readonly title: string;
  readonly description: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly links: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly panels: readonly string[];
  readonly height: number;
}): string => {
  const height = page.head + o.height * page.unit + page.margin - page.gap;
  const head = [text(page.margin, 28, o.title, 18, '#ffffff', ' font-weight="500"')];
  head.push(
    text(
      page.margin + widthOf(o.title, 18) + 18,
      28,
      shorten(o.description, page.width - 260 - widthOf(o.title, 18), 12),
      12,
      colours.faint,
    ),
  );
  head.push(
    text(
      page.width - page.margin,
      28,
      `${new Date(o.from * 1000).toISOString().slice(0, 16).replace('T', ' ')} to ${clock(o.to)} UTC`,
      12,
      colours.text,
      ' text-anchor="end"',
    ),
  );
  let x = page.margin;
  for (const [label, value] of Object.entries(o.variables)) {
    const [a, b] = [widthOf(label, 12) + 16, widthOf(value, 12) + 30];
    head.push(
      rect({ x, y: 42, w: a + b, h: 24 }, `rx="2" fill="#111217" stroke="#3d4048"`),
      text(x + 8, 58, label, 12, colours.faint),
      text(x + a + 4, 58, `${value}  ⌄`, 12, colours.text),
    );
    x += a + b + 10;
  }
  let right = page.width - page.margin;
  for (const link of [...o.links].reverse()) {
    right -= widthOf(link, 12);
    head.push(text(right, 58, link, 12, '#6e9fff'));
    right -= 18;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${page.width} ${height}" width="${page.width}" height="${height}" font-family="Inter,Helvetica,Arial,sans-serif" font-size="${usual.size}" fill="${usual.fill}" role="img"><title>${xml(o.title)}</title><rect width="100%" height="100%" fill="${colours.page}"/>\n${[...head, ...o.panels].join('\n')}\n</svg>\n`;
};
