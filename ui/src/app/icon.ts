// The sign of the page in its tab: a lead on its line, drawn here so that nothing is fetched.
const DRAWN = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1c2733"/><path d="M16 3v11" stroke="#fbfaf6" stroke-width="2"/><path d="M16 13c4 4 6 7 6 10a6 6 0 0 1-12 0c0-3 2-6 6-10Z" fill="#fbfaf6"/></svg>`;

export function setIcon(): void {
  document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.setAttribute("href", `data:image/svg+xml,${encodeURIComponent(DRAWN)}`);
}
