// Days of the viewer's calendar, as date fields have them (`2026-03-01`), and the moments they begin and end at.

export function dayOf(at: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** First moment of a day, ISO 8601 in UTC; "" where it is no day. */
export function startOf(day: string): string {
  return moment(day, 0);
}

/** First moment after a day. */
export function endOf(day: string): string {
  return moment(day, 1);
}

function moment(day: string, later: number): string {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  const at = new Date(Number(year), Number(month) - 1, Number(date) + later);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
