// Enlarges a small picture without blocks and without the blur of the browser's own enlargement.
// Separable Catmull-Rom interpolation (Catmull and Rom, 1974), which keeps edges crisp at little ringing.

/** The longer side after enlarging; enough for a tile on a screen with two device pixels per CSS pixel. */
const TARGET_PX = 640;

/** Draws a picture into a canvas, enlarged if it is small. */
export function draw(canvas: HTMLCanvasElement, bitmap: ImageBitmap): void {
  const factor = Math.max(1, Math.ceil(TARGET_PX / Math.max(bitmap.width, bitmap.height)));
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d", { willReadFrequently: factor > 1 })!;
  context.drawImage(bitmap, 0, 0);
  if (factor === 1) return;
  const small = context.getImageData(0, 0, bitmap.width, bitmap.height);
  canvas.width = bitmap.width * factor;
  canvas.height = bitmap.height * factor;
  const large = context.createImageData(canvas.width, canvas.height);
  enlarge(small.data, small.width, small.height, factor, large.data);
  context.putImageData(large, 0, 0);
}

/** Writes the RGBA pixels of `source`, `factor` times larger in both directions, into `target`. */
export function enlarge(
  source: Uint8ClampedArray,
  width: number,
  height: number,
  factor: number,
  target: Uint8ClampedArray,
): void {
  const taps = phases(factor);
  const wide = new Float32Array(width * factor * height * 4);
  for (let y = 0; y < height; y++) {
    stretch({ values: source, start: y * width * 4, stride: 4, length: width }, taps, wide, y * width * factor * 4);
  }
  for (let x = 0; x < width * factor; x++) {
    const stride = width * factor * 4;
    stretch({ values: wide, start: x * 4, stride, length: height }, taps, target, x * 4);
  }
}

type Taps = readonly [number, number, number, number];

/** The four weights of each of the `factor` places between two source pixels. */
function phases(factor: number): Taps[] {
  return Array.from({ length: factor }, (_, phase) => {
    const offset = (phase + 0.5) / factor - 0.5;
    const t = offset < 0 ? offset + 1 : offset;
    return [
      (-t + 2 * t * t - t * t * t) / 2,
      (2 - 5 * t * t + 3 * t * t * t) / 2,
      (t + 4 * t * t - 3 * t * t * t) / 2,
      (-t * t + t * t * t) / 2,
    ];
  });
}

/** Index of the source pixel just before output place `position`. */
function before(position: number, factor: number): number {
  return Math.floor((position + 0.5) / factor - 0.5);
}

function clamp(index: number, length: number): number {
  return index < 0 ? 0 : index >= length ? length - 1 : index;
}

/** A line of RGBA pixels in an array, across or down. */
interface Line {
  values: Uint8ClampedArray | Float32Array;
  start: number;
  stride: number;
  length: number;
}

function stretch(
  { values, start, stride, length }: Line,
  taps: readonly Taps[],
  target: Uint8ClampedArray | Float32Array,
  targetStart: number,
): void {
  const factor = taps.length;
  for (let position = 0; position < length * factor; position++) {
    const [wa, wb, wc, wd] = taps[position % factor]!;
    const first = before(position, factor) - 1;
    const a = start + clamp(first, length) * stride;
    const b = start + clamp(first + 1, length) * stride;
    const c = start + clamp(first + 2, length) * stride;
    const d = start + clamp(first + 3, length) * stride;
    const out = targetStart + position * stride;
    for (let channel = 0; channel < 4; channel++) {
      target[out + channel] =
        wa * values[a + channel]! + wb * values[b + channel]! + wc * values[c + channel]! + wd * values[d + channel]!;
    }
  }
}
