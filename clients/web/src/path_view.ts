// The person's way so far: a thumbnail per choice.

import type { Candidate } from "../gen/multibo/v1/round_pb";
import type { Choice } from "./choices";
import { make } from "./elements";
import type { Images } from "./images";

export class PathView {
  private shown = "";

  constructor(
    private readonly list: HTMLOListElement,
    private readonly images: Images,
  ) {}

  update(choices: readonly Choice[]): void {
    const key = choices.map(({ candidate }) => candidate.name).join(" ");
    if (key === this.shown) return;
    const grown = this.shown !== "" && key.startsWith(this.shown);
    this.shown = key;
    const old = grown ? this.list.children.length : 0;
    const items = choices.slice(old).map((choice) => this.item(choice));
    this.list.replaceChildren(...Array.from(this.list.children).slice(0, old), ...items);
    this.list.scrollTo({ left: this.list.scrollWidth, top: this.list.scrollHeight });
  }

  private item({ ordinal, candidate }: Choice): HTMLLIElement {
    const image = make("img");
    image.width = 64;
    image.height = 64;
    image.alt = `Choice of round ${ordinal}`;
    image.title = image.alt;
    void this.fill(image, candidate);
    return make("li", "", image, make("span", "", String(ordinal)));
  }

  private async fill(image: HTMLImageElement, candidate: Candidate): Promise<void> {
    try {
      image.src = (await this.images.loadSmall(candidate)).url;
    } catch {
      image.classList.add("missing");
    }
  }
}
