// How K square tiles fill a box: the number of columns that makes them largest.

export interface Grid {
  columns: number;
  /** Side of a tile in CSS pixels. */
  sizePx: number;
}

export interface Box {
  widthPx: number;
  heightPx: number;
}

/** Below this a face cannot be judged: rather let the page scroll. */
const MIN_SIZE_PX = 136;

/** Returns the grid for `n` tiles, each with a caption below its square. */
export function bestGrid(n: number, box: Box, gapPx: number, captionPx: number): Grid {
  let best: Grid = { columns: 1, sizePx: 0 };
  for (let columns = 1; columns <= n; columns++) {
    const rows = Math.ceil(n / columns);
    const acrossPx = (box.widthPx - gapPx * (columns - 1)) / columns;
    const downPx = (box.heightPx - gapPx * (rows - 1)) / rows - captionPx;
    const sizePx = Math.floor(Math.min(acrossPx, downPx));
    if (sizePx > best.sizePx) best = { columns, sizePx };
  }
  return best.sizePx >= MIN_SIZE_PX ? best : scrollingGrid(n, box, gapPx);
}

function scrollingGrid(n: number, box: Box, gapPx: number): Grid {
  const columns = Math.max(1, Math.min(n, Math.floor((box.widthPx + gapPx) / (MIN_SIZE_PX + gapPx)), 2));
  return { columns, sizePx: Math.floor((box.widthPx - gapPx * (columns - 1)) / columns) };
}
