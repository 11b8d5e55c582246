// A small picture of a file, where the browser can make one.

const SIDE = 192;

// A small picture as a data address; empty when the browser cannot read it. An image element cannot send a
// token, and the page's policy allows no blob addresses.
export async function thumbnailOf(blob: Blob): Promise<string> {
  try {
    const image = await createImageBitmap(blob);
    const scale = Math.min(1, SIDE / Math.min(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.min(image.width * scale, SIDE * 4));
    canvas.height = Math.max(1, Math.min(image.height * scale, SIDE * 4));
    canvas.getContext("2d")?.drawImage(image, 0, 0, image.width * scale, image.height * scale);
    image.close();
    return canvas.toDataURL("image/webp", 0.8);
  } catch {
    return ""; // no picture the browser can read: it is shown by its name
  }
}
