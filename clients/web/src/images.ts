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

export class Images {
  private readonly pictures = new Map<string, Promise<Picture>>();

  constructor(private readonly api: Api) {}

  /** Returns the picture of a READY candidate. */
  load(candidate: Candidate): Promise<Picture> {
    // The incumbent is shown again and again: the digest finds it under every name.
    const key = candidate.image?.digest || candidate.name;
    const known = this.pictures.get(key);
    if (known !== undefined) return known;
    const loading = this.fetch(candidate.name);
    this.pictures.set(key, loading);
    loading.catch(() => this.pictures.delete(key));
    return loading;
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

  private async fetch(name: string): Promise<Picture> {
    const { data, image } = await this.api.images.getImage(
      { name, size: ImageSize.FULL },
      { timeoutMs: TIMEOUT_MS },
    );
    // A copy: the message's bytes may be a window into a larger buffer.
    const blob = new Blob([new Uint8Array(data)], { type: image?.mediaType || "image/png" });
    return { url: URL.createObjectURL(blob), bitmap: await createImageBitmap(blob) };
  }
}
