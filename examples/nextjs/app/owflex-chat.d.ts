import type { DetailedHTMLProps, HTMLAttributes } from "react";

type ElementAttributes = DetailedHTMLProps<HTMLAttributes<HTMLElement>, HTMLElement>;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "owflex-chat": ElementAttributes & {
        url?: string;
        mode?: "page" | "panel" | "modal" | "button";
        theme?: "system" | "light" | "dark";
        locale?: string;
      };
    }
  }
}
