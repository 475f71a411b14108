// Panels that a healthy fleet leaves empty. Every other one shows a 0 where there is nothing to count.

export interface EmptyPanel {
  readonly uid: string;
  readonly title: string;
  readonly why: string;
}

export const emptyPanels: readonly EmptyPanel[] = [
  { uid: 'ruler-and-alerting', title: 'Firing alerts', why: 'a table of what fires has no row when nothing does' },
];
