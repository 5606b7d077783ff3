const BEGUN_MS = 10_000;

/** Hand a file to the browser, which keeps it where downloads go. */
export function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // What the browser has begun to read stays until it is done.
  setTimeout(() => URL.revokeObjectURL(address), BEGUN_MS);
}
