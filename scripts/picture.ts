// The fleet as an SVG, drawn from its workloads and recorded edges (`npm run generate` writes docs/topology.svg).
//
// Columns from left to right: the observer, the monitored clusters with the object store below them, agents and peers that
// are not the fleet's. Lines of one meaning share a lane between two columns; an arrow's port stands at its tip.
import { type Edge, type Peer, peerKey, programOf, type Workload } from '../charts/kit/wiring';
import type { Topology } from '../charts/topology';

type Meaning = 'query' | 'blocks' | 'alerts' | 'people' | 'scrape';

const styles: Readonly<Record<Meaning, { colour: string; width: number; dash?: string; text: string }>> = {
  query: { colour: '#0969da', width: 2, text: 'queries' },
  blocks: { colour: '#1a7f37', width: 2, text: 'blocks' },
  alerts: { colour: '#cf222e', width: 2, text: 'alerts' },
  people: { colour: '#8250df', width: 1, dash: '5 4', text: 'people on localhost' },
  scrape: { colour: '#9aa4af', width: 1, text: 'scrapes and discovery' },
};
const meanings: readonly Meaning[] = ['scrape', 'people', 'alerts', 'blocks', 'query']; // from the bottom up

interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}
type Point = readonly [x: number, y: number];

const isWorkload = (peer: Peer): peer is Workload => peer.kind === 'workload';
const component = (peer: Peer): string => (isWorkload(peer) ? peer.component : '');
const isObjectStore = (peer: Peer): boolean => component(peer) === 'object-store' || peer.name === 'object store';
const isReceiver = (peer: Peer): boolean => component(peer) === '' && peer.name.startsWith('receiver ');

const meaningOf = ({ from, to }: Edge): Meaning => {
  if (isObjectStore(to) && !['localhost', ''].includes(component(from))) return 'blocks';
  if (component(to) === 'alertmanager' || component(from) === 'alertmanager') return isWorkload(from) ? 'alerts' : 'people';
  if (!isWorkload(from)) return 'people';
  return from.component === 'prometheus' ? 'scrape' : 'query';
};

// sizes in pixels
const margin = 24;
const workloadSize = { w: 172, h: 48 };
const prometheusSize = { w: 200, h: 104 };
const peerSize = { w: 174, h: 38 };
const columnGap = 62;
const rowGap = 38;
const padding = 16;
const titleHeight = 30;
const stackGap = 22;
const channel = { left: 180, right: 150 };

/** Column and row of the observer's programs; what is not named here follows below. */
const observerGrid: Readonly<Record<string, Point>> = {
  grafana: [0, 0],
  'query-frontend': [1, 0],
  query: [2, 0],
  rule: [2, 1],
  alertmanager: [0, 1],
  store: [2, 2],
  memcached: [1, 2],
  compact: [2, 3],
  'bucket-web': [2, 4],
};

const xml = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

const text = (x: number, y: number, content: string, attributes = ''): string =>
  `<text x="${x}" y="${y}" ${attributes}>${xml(content)}</text>`;

/** As much of a name as a box takes, whose letters are that wide at most. */
const shorten = (name: string, width: number, letter: number): string => {
  const letters = Math.floor(width / letter);
  return name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
};

const rectangle = ({ x, y, w, h }: Box, attributes: string): string =>
  `<rect x="${x}" y="${y}" width="${w}" height="${h}" ${attributes}/>`;

/** A line through points with round corners, and an arrowhead at its end. */
const line = (points: readonly Point[], meaning: Meaning, arrow = true): string => {
  const [first = [0, 0], ...rest] = points;
  const corner = 7;
  const towards = ([ax, ay]: Point, [bx, by]: Point, length: number): Point => {
    const distance = Math.hypot(bx - ax, by - ay) || 1;
    const step = Math.min(length, distance / 2);
    return [ax + ((bx - ax) * step) / distance, ay + ((by - ay) * step) / distance];
  };
  const path = rest.map((point, i) => {
    const next = rest[i + 1];
    if (!next) return `L${point.join(' ')}`;
    const before = towards(point, (i === 0 ? first : rest[i - 1]) as Point, corner);
    return `L${before.join(' ')}Q${point.join(' ')} ${towards(point, next, corner).join(' ')}`;
  });
  const { colour, width, dash } = styles[meaning];
  const end = arrow ? ` marker-end="url(#${meaning})"` : '';
  const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
  return `<path d="M${first.join(' ')}${path.join('')}" fill="none" stroke="${colour}" stroke-width="${width}"${dashes}${end}/>`;
};

const portsOf = (edges: readonly Edge[]): string => {
  const numbers = [...new Set(edges.map((e) => e.port?.number))].sort((a, b) => (a ?? 0) - (b ?? 0));
  return numbers.map((n) => n ?? 'any port').join(', ');
};

/** Groups in the order in which their first member comes. */
const groupBy = <T>(items: readonly T[], key: (item: T) => string): T[][] => {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()];
};

/** Where everything is. */
interface Layout {
  readonly width: number;
  readonly height: number;
  /** Lines run between these: left and right channel's first x. */
  readonly lanes: { readonly left: number; readonly right: number };
  readonly kubernetes: readonly { readonly name: string; readonly box: Box }[];
  readonly namespaces: ReadonlyMap<string, { readonly name: string; readonly box: Box }>;
  /** By `peerKey`, peers of a Kubernetes cluster by `<kubernetes>:<peerKey>`. */
  readonly boxes: ReadonlyMap<string, { readonly peer: Peer; readonly box: Box }>;
  readonly localhost: Box;
}

const namespaceKey = (w: Workload): string => `${w.kubernetes}/${w.namespace}`;
const peerOf = (edge: Edge, peer: Peer): string => {
  if (isWorkload(peer) || isObjectStore(peer) || isReceiver(peer)) return peerKey(peer);
  const other = edge.from === peer ? edge.to : edge.from;
  return `${isWorkload(other) ? other.kubernetes : ''}:${peerKey(peer)}`;
};

/** Workloads of one program are one box. */
const merged = <P extends Peer>(peer: P): P => (isWorkload(peer) ? { ...peer, name: programOf(peer) } : peer);

const workloadsOf = (topology: Topology): Workload[] => {
  const { kubernetes: _, ...observer } = topology.observer;
  return [
    ...Object.values(observer)
      .flat()
      .map((c) => merged(c.workload)),
    ...topology.clusters.map((c) => c.workload),
    ...(topology.objectStore ? [topology.objectStore.workload] : []),
    ...topology.agents.flatMap((a) => [a.nodeExporter.workload, a.cadvisor.workload]),
  ];
};

const layOut = (topology: Topology, edges: readonly Edge[]): Layout => {
  const workloads = workloadsOf(topology);
  const namespaces = new Map<string, { name: string; box: Box }>();
  const boxes = new Map<string, { peer: Peer; box: Box }>();
  const kubernetes: { name: string; box: Box }[] = [];

  const receivers = groupBy(
    edges.filter((e) => isReceiver(e.to)),
    (e) => peerKey(e.to),
  ).map(([e]) => (e as Edge).to);
  const left = margin + (receivers.length > 0 ? peerSize.w + columnGap : 0);
  const observerX = left + padding;
  const observerWidth = 2 * padding + 3 * workloadSize.w + 2 * columnGap;
  const clusterX = observerX + observerWidth + channel.left;
  const clusterWidth = prometheusSize.w + 2 * padding;
  const sideX = clusterX + clusterWidth + channel.right;
  const right = sideX + peerSize.w + 2 * padding + padding;
  const localhost: Box = { x: left, y: margin, w: right - left, h: 34 };

  /** A namespace with its workloads one below the other; gives the y below it. */
  const stack = (x: number, y: number, members: readonly Workload[], size: { w: number; h: number }, gap = 14): number => {
    const height = titleHeight + members.length * size.h + (members.length - 1) * gap + padding;
    const [first] = members as readonly [Workload];
    namespaces.set(namespaceKey(first), { name: first.namespace, box: { x, y, w: size.w + 2 * padding, h: height } });
    members.forEach((w, i) => {
      boxes.set(peerKey(w), { peer: w, box: { x: x + padding, y: y + titleHeight + i * (size.h + gap), ...size } });
    });
    return y + height;
  };

  let top = localhost.y + localhost.h + 40;
  for (const k of topology.fleet.kubernetes) {
    const here = workloads.filter((w) => w.kubernetes === k.name);
    const observer = here.filter(
      (w) => w.namespace === topology.fleet.observer.namespace && k.name === topology.fleet.observer.in,
    );
    const inner = top + titleHeight + 6;
    let bottom = inner;
    if (observer.length > 0) {
      let below = Math.max(...Object.values(observerGrid).map(([, row]) => row)) + 1;
      let rows = 0;
      for (const w of observer) {
        const [column, row] = observerGrid[w.component] ?? [1, below++];
        rows = Math.max(rows, row + 1);
        const x = observerX + padding + column * (workloadSize.w + columnGap);
        boxes.set(peerKey(w), { peer: w, box: { x, y: inner + titleHeight + row * (workloadSize.h + rowGap), ...workloadSize } });
      }
      const h = titleHeight + rows * (workloadSize.h + rowGap) - rowGap + padding;
      namespaces.set(namespaceKey(observer[0] as Workload), {
        name: topology.fleet.observer.namespace,
        box: { x: observerX, y: inner, w: observerWidth, h },
      });
      bottom = inner + h;
    }
    // the monitored clusters, and the object store that they and the observer share
    let y = inner;
    for (const w of here.filter((w) => w.component === 'prometheus')) y = stack(clusterX, y, [w], prometheusSize) + stackGap;
    for (const w of here.filter((w) => w.component === 'object-store')) {
      y = Math.max(y, bottom - titleHeight - workloadSize.h - padding); // its feet level with the observer's
      y = stack(clusterX, y, [w], { w: prometheusSize.w, h: workloadSize.h }) + stackGap;
    }
    bottom = Math.max(bottom, y - stackGap);
    // agents, and what is not the fleet's
    const agents = here.filter((w) => w.component === 'agent');
    y = inner;
    if (agents.length > 0) y = stack(sideX, y, agents, { w: peerSize.w, h: 42 }, 18) + stackGap;
    const peers = groupBy(
      edges.filter(
        (e) =>
          isWorkload(e.from) && e.from.kubernetes === k.name && !isWorkload(e.to) && !isObjectStore(e.to) && !isReceiver(e.to),
      ),
      (e) => peerKey(e.to),
    );
    for (const [edge] of peers as [Edge][]) {
      boxes.set(peerOf(edge, edge.to), { peer: edge.to, box: { x: sideX + padding, y: y + 8, ...peerSize } });
      y += peerSize.h + 18;
    }
    bottom = Math.max(bottom, y);
    const x = observer.length > 0 ? left : clusterX - padding;
    kubernetes.push({ name: k.name, box: { x, y: top, w: right - x, h: bottom + padding - top } });
    top = bottom + padding + 28;
  }
  // what is outside every Kubernetes cluster
  const outside = edges.find((e) => isObjectStore(e.to) && !isWorkload(e.to))?.to;
  if (outside) {
    boxes.set(peerKey(outside), { peer: outside, box: { x: clusterX + padding, y: top + 10, w: prometheusSize.w, h: 44 } });
    top += 74;
  }
  const alertmanager = boxes.get(peerKey(topology.observer.alertmanager.workload))?.box as Box;
  receivers.forEach((peer, i) => {
    boxes.set(peerKey(peer), { peer, box: { x: margin, y: alertmanager.y + 7 + i * (peerSize.h + 12), ...peerSize } });
  });
  return {
    width: right + margin,
    height: top + 34,
    lanes: { left: observerX + observerWidth, right: clusterX + clusterWidth },
    kubernetes,
    namespaces,
    boxes,
    localhost,
  };
};

const rightOf = ({ x, w }: Box): number => x + w;
const at = ({ y, h }: Box, share: number): number => Math.round(y + h * share);

const label = (x: number, y: number, content: string, meaning: Meaning, anchor: 'start' | 'middle' | 'end' = 'end'): string =>
  text(x, y, content, `class="port" fill="${meaning === 'scrape' ? '#6e7781' : styles[meaning].colour}" text-anchor="${anchor}"`);

/** Lines and their labels, by meaning so that the light ones lie below. */
const drawEdges = (topology: Topology, layout: Layout, edges: readonly Edge[]): string[] => {
  const drawn = new Map<Meaning, string[]>(meanings.map((m) => [m, []]));
  const draw = (meaning: Meaning, ...parts: string[]) => drawn.get(meaning)?.push(...parts);
  const box = (edge: Edge, peer: Peer): Box | undefined => layout.boxes.get(peerOf(edge, peer))?.box;
  const { left, right } = layout.lanes;
  const lane = { blocks: left + 26, query: left + 54, alerts: left + 82, people: left + 110 };
  const laneRight = { blocks: right + 36, people: right + channel.right - 14, scrape: (i: number) => right + 58 + (i % 5) * 9 };
  const prometheis = topology.clusters.map((c) => peerKey(c.workload));

  // one line per pair, with all its ports
  const pairs = groupBy(edges, (e) => `${peerOf(e, e.from)}>${peerOf(e, e.to)}>${meaningOf(e)}`);
  for (const group of pairs) {
    const [edge] = group as [Edge, ...Edge[]];
    const { from, to } = edge;
    const meaning = meaningOf(edge);
    const ports = portsOf(group);
    const [a, b] = [box(edge, from), box(edge, to)];
    if (peerKey(from) === peerKey(to) || from.name === 'localhost' || !a || !b) continue; // in the box's text; below
    const inObserver = layout.namespaces.get(`${topology.fleet.observer.in}/${topology.fleet.observer.namespace}`)?.box;

    if (meaning === 'blocks') {
      const y = at(b, 0.5);
      if (component(from) === 'prometheus') {
        draw(
          'blocks',
          line(
            [
              [rightOf(a), at(a, 0.75)],
              [laneRight.blocks, at(a, 0.75)],
              [laneRight.blocks, y],
              [rightOf(b) + 3, y],
            ],
            'blocks',
          ),
        );
        draw('blocks', label(rightOf(b) + 12, y - 5, ports, 'blocks', 'start'));
      } else {
        draw(
          'blocks',
          line(
            [
              [rightOf(a), at(a, 0.5)],
              [lane.blocks, at(a, 0.5)],
              [lane.blocks, y],
              [b.x - 3, y],
            ],
            'blocks',
          ),
        );
        draw('blocks', label(b.x - 10, y - 5, ports, 'blocks'));
      }
    } else if (meaning === 'alerts' && isReceiver(to)) {
      draw(
        'alerts',
        line(
          [
            [a.x, at(a, 0.5)],
            [a.x - columnGap / 2, at(a, 0.5)],
            [a.x - columnGap / 2, at(b, 0.5)],
            [rightOf(b) + 3, at(b, 0.5)],
          ],
          'alerts',
        ),
      );
      draw('alerts', label(rightOf(b) + 9, at(b, 0.5) - 5, ports, 'alerts', 'start'));
    } else if (meaning === 'alerts' && component(from) === 'prometheus') {
      const y = b.y - rowGap / 2;
      const x = b.x + b.w * 0.7;
      draw(
        'alerts',
        line(
          [
            [a.x, at(a, 0.644)],
            [lane.alerts, at(a, 0.644)],
            [lane.alerts, y],
            [x, y],
            [x, b.y - 3],
          ],
          'alerts',
        ),
      );
      draw('alerts', label(x + 6, b.y - 7, ports, 'alerts', 'start'));
    } else if (component(to) === 'prometheus') {
      draw(
        meaning,
        line(
          [
            [rightOf(a), at(a, 0.5)],
            [lane.query, at(a, 0.5)],
            [lane.query, at(b, 0.23)],
            [b.x - 3, at(b, 0.23)],
          ],
          meaning,
        ),
      );
      draw(meaning, label(b.x - 10, at(b, 0.23) - 5, ports, meaning));
    } else if (prometheis.includes(peerKey(from))) {
      if (inObserver && component(to) !== 'agent' && isWorkload(to)) continue; // one line for the whole namespace: below
      const x = laneRight.scrape(prometheis.indexOf(peerKey(from)));
      draw(
        'scrape',
        line(
          [
            [rightOf(a), at(a, 0.3)],
            [x, at(a, 0.3)],
            [x, at(b, 0.5)],
            [b.x - 3, at(b, 0.5)],
          ],
          'scrape',
        ),
      );
      draw('scrape', label(b.x - 9, at(b, 0.5) - 4, ports, 'scrape'));
    } else if (a.y === b.y) {
      const forth = b.x > a.x;
      const [start, end] = forth ? [rightOf(a), b.x - 3] : [a.x, rightOf(b) + 3];
      draw(
        meaning,
        line(
          [
            [start, at(a, 0.5)],
            [end, at(b, 0.5)],
          ],
          meaning,
        ),
      );
      draw(meaning, label(forth ? end - 6 : end + 6, at(b, 0.5) - 5, ports, meaning, forth ? 'end' : 'start'));
    } else if (a.x === b.x && Math.abs(a.y - b.y) <= workloadSize.h + rowGap) {
      const down = b.y > a.y;
      const x = a.x + a.w * (down ? 0.3 : 0.7);
      const [start, end] = down ? [a.y + a.h, b.y - 3] : [a.y, b.y + b.h + 3];
      draw(
        meaning,
        line(
          [
            [x, start],
            [x, end],
          ],
          meaning,
        ),
      );
      draw(meaning, label(x + 6, down ? end - 5 : end + 12, ports, meaning, 'start'));
    } else {
      const x = Math.min(a.x, b.x) - columnGap / 2.6;
      draw(
        meaning,
        line(
          [
            [a.x, at(a, 0.78)],
            [x, at(a, 0.78)],
            [x, at(b, 0.5)],
            [b.x - 3, at(b, 0.5)],
          ],
          meaning,
        ),
      );
      draw(meaning, label(b.x - 26, at(b, 0.5) + 14, ports, meaning, 'middle'));
    }
  }

  // a Prometheus that scrapes a whole namespace, and people, who may go to most of it: one line to the namespace
  const whole = groupBy(
    edges.filter((e) => isWorkload(e.to) && ['scrape', 'people'].includes(meaningOf(e)) && peerKey(e.from) !== peerKey(e.to)),
    (e) => `${peerKey(e.from)}>${namespaceKey(e.to as Workload)}`,
  );
  for (const group of whole) {
    const [edge] = group as [Edge];
    const to = edge.to as Workload;
    const space = layout.namespaces.get(namespaceKey(to))?.box;
    if (!space || (to.component === 'agent' && isWorkload(edge.from))) continue;
    const ports = portsOf(group);
    if (isWorkload(edge.from)) {
      const a = box(edge, edge.from) as Box;
      if (to.component === 'prometheus') continue;
      draw(
        'scrape',
        line(
          [
            [a.x, at(a, 0.86)],
            [rightOf(space) + 3, at(a, 0.86)],
          ],
          'scrape',
        ),
      );
      draw('scrape', label(a.x - 8, at(a, 0.86) - 4, ports, 'scrape'));
    } else if (to.component === 'prometheus') {
      const b = box(edge, to) as Box;
      draw(
        'people',
        line(
          [
            [lane.people, rightBelow(layout.localhost)],
            [lane.people, at(b, 0.44)],
            [b.x - 3, at(b, 0.44)],
          ],
          'people',
        ),
      );
      draw('people', label(b.x - 10, at(b, 0.44) - 4, ports, 'people'));
    } else if (to.component === 'agent') {
      const b = box(edge, to) as Box;
      const y = at(b, 0.8);
      draw(
        'people',
        line(
          [
            [laneRight.people, rightBelow(layout.localhost)],
            [laneRight.people, y],
            [b.x - 3, y],
          ],
          'people',
        ),
      );
      draw('people', label(b.x - 9, y + 12, ports, 'people'));
    } else {
      const x = space.x + space.w / 2;
      draw(
        'people',
        line(
          [
            [x, rightBelow(layout.localhost)],
            [x, space.y - 3],
          ],
          'people',
        ),
      );
      draw('people', label(x + 7, space.y - 8, ports, 'people', 'start'));
    }
  }
  return meanings.flatMap((m) => drawn.get(m) ?? []);
};

const rightBelow = ({ y, h }: Box): number => y + h;

const drawWorkload = (w: Workload, box: Box, edges: readonly Edge[], shards: number): string => {
  const middle = box.x + box.w / 2;
  const self = edges.filter((e) => peerKey(e.from) === peerKey(w) && peerKey(e.to) === peerKey(w));
  const replicas = w.component === 'agent' ? 'on every node' : w.replicas === 1 ? '1 replica' : `${w.replicas} replicas`;
  const number = shards > 1 ? `${shards} shards of ${replicas}` : replicas;
  const lines =
    w.component === 'prometheus'
      ? [
          w.replicas === 1 ? `${replicas}, with` : `${replicas}, each with`,
          'a Thanos sidecar',
          ...(self.length > 0 ? [`scrapes itself: ${portsOf(self)}`] : []),
        ]
      : [self.length > 0 ? `${number}, gossip ${portsOf(self)}` : number];
  const first = box.y + box.h / 2 - (lines.length * 16) / 2 + 5;
  return [
    rectangle(box, 'rx="6" fill="#ffffff" stroke="#57606a" stroke-width="1.2"'),
    text(middle, first, shorten(w.name, box.w - 4, 7.9), 'class="name" text-anchor="middle"'),
    ...lines.map((content, i) => text(middle, first + 16 * (i + 1), content, 'class="small" text-anchor="middle"')),
  ].join('\n');
};

const drawPeer = (peer: Peer, box: Box): string => {
  const lines = peer.name.split(/ (?=of )/); // annotated pods | of a namespace
  const first = box.y + box.h / 2 + 4 - (lines.length - 1) * 7;
  return [
    rectangle(box, 'rx="17" fill="#f6f8fa" stroke="#8c959f" stroke-dasharray="3 3"'),
    ...lines.map((content, i) =>
      text(box.x + box.w / 2, first + 14 * i, shorten(content, box.w - 16, 6.8), 'class="small" text-anchor="middle"'),
    ),
  ].join('\n');
};

/**
 * A picture of a fleet's workloads and of every edge between them.
 * @param topology of a rendered fleet: edges are recorded while it is rendered
 */
export const picture = (topology: Topology): string => {
  const all = topology.edges.all().map((e): Edge => ({ ...e, from: merged(e.from), to: merged(e.to) }));
  const edges = all.sort((a, b) => {
    const key = (e: Edge) => `${peerKey(e.from)}>${peerKey(e.to)}:${String(e.port?.number ?? 0).padStart(5, '0')}`;
    return key(a) < key(b) ? -1 : 1;
  });
  const layout = layOut(topology, edges);
  const { width, height, localhost } = layout;
  const legend = meanings.toReversed().map((m, i) => {
    const x = margin + 12 + i * 190;
    return [
      line(
        [
          [x, height - 22],
          [x + 34, height - 22],
        ],
        m,
      ),
      text(x + 44, height - 18, styles[m].text, 'class="small"'),
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif" role="img">`,
    `<title>${xml(`Fleet ${topology.fleet.name}: workloads and who may connect to whom`)}</title>`,
    '<style>.name{font-size:13px;font-weight:600;fill:#1f2328}.small{font-size:11.5px;fill:#57606a}.space{font-size:12px;font-weight:600;fill:#57606a}.port{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}</style>',
    '<defs>',
    ...meanings.map(
      (m) =>
        `<marker id="${m}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="${styles[m].colour}"/></marker>`,
    ),
    '</defs>',
    rectangle({ x: 0, y: 0, w: width, h: height }, 'rx="10" fill="#ffffff"'),
    ...layout.kubernetes.flatMap(({ name, box }) => [
      rectangle(box, 'rx="10" fill="#f6f8fa" stroke="#d0d7de" stroke-width="1.5"'),
      text(box.x + 14, box.y + 21, `Kubernetes cluster ${name}`, 'class="space"'),
    ]),
    ...[...layout.namespaces.values()].flatMap(({ name, box }) => [
      rectangle(box, 'rx="8" fill="#eaeef2" stroke="#afb8c1"'),
      text(box.x + 12, box.y + 19, shorten(`namespace ${name}`, box.w - 16, 7.3), 'class="space"'),
    ]),
    rectangle(localhost, 'rx="17" fill="#fbf7ff" stroke="#8250df" stroke-dasharray="5 4"'),
    text(
      localhost.x + localhost.w / 2,
      localhost.y + 22,
      'localhost: browsers and shells of people',
      'class="small" text-anchor="middle"',
    ),
    ...drawEdges(topology, layout, edges),
    ...[...layout.boxes.values()].map(({ peer, box }) =>
      isWorkload(peer)
        ? drawWorkload(peer, box, edges, peer.component === 'store' ? topology.observer.stores.length : 1)
        : drawPeer(peer, box),
    ),
    ...legend,
    '</svg>',
    '',
  ].join('\n');
};
