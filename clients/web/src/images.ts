// Pictures by digest: each is fetched once, and kept as long as its session is on the page.

import { ImageSize } from "../gen/multibo/v1/image_pb";
import type { Candidate } from "../gen/multibo/v1/round_pb";
import { READ_MS, type Api } from "./calls";

export interface Picture {
  /** `blob:` address of the bytes as the server sent them. */
  url: string;
  bitmap: ImageBitmap;
}

const TIMEOUT_MS = 4 * READ_MS;

/** A thumbnail's longer side; an image that is no larger is its own. */
const THUMBNAIL_PX = 128;

export class Images {
  private readonly pictures = new Map<string, Promise<Picture>>();

  constructor(private readonly api: Api) {}

  /** Returns the picture of a READY candidate. */
  load(candidate: Candidate): Promise<Picture> {
    // The incumbent is shown again and again: the digest finds it under every name.
    const key = candidate.image?.digest || candidate.name;
    return this.pictures.get(key) ?? this.keep(key, candidate.name, ImageSize.FULL);
  }

  /** Returns the picture of a READY candidate as small as it comes: for a strip, never for a tile. */
  loadSmall(candidate: Candidate): Promise<Picture> {
    const { digest = "", widthPx = 0, heightPx = 0 } = candidate.image ?? {};
    // What was on a tile is here already, whatever its size.
    if (Math.max(widthPx, heightPx) <= THUMBNAIL_PX || this.pictures.has(digest)) return this.load(candidate);
    const key = `${digest} small`;
    return this.pictures.get(key) ?? this.keep(key, candidate.name, ImageSize.THUMBNAIL);
  }

  /** Frees every picture. */
  clear(): void {
    for (const loading of this.pictures.values()) {
      loading.then(({ url, bitmap }) => {
        URL.revokeObjectURL(url);
        bitmap.close();
      }, () => {});
    }
    this.pictures.clear();
  }

  private keep(key: string, name: string, size: ImageSize): Promise<Picture> {
    const loading = this.fetch(name, size);
    this.pictures.set(key, loading);
    loading.catch(() => this.pictures.delete(key));
    return loading;
  }

  private async fetch(name: string, size: ImageSize): Promise<Picture> {
    const { data, image } = await this.api.images.getImage(
      { name, size },
      { timeoutMs: TIMEOUT_MS },
    );
    // A copy: the message's bytes may be a window into a larger buffer.
    const blob = new Blob([new Uint8Array(data)], { type: image?.mediaType || "image/png" });
    return { url: URL.createObjectURL(blob), bitmap: await createImageBitmap(blob) };
  }
}
