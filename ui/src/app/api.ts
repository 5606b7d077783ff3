// Generated from src/leadline/server/api by ui/generate_types.py; do not edit.
import type { CauseResult, Distribution, Effect, ReportRecord, SegmentHit } from "../record.ts";

/** Everything that is known of an alert. */
export interface AlertDetail {
  alert: PlainAlert;
  findings: Findings;
  at_opening: Findings;
  events: HappenedThen[];
  runbook: string[];
  history: HistoryStep[];
  deliveries: ShownDelivery[];
}

/** The answer to "was this useful?". */
export interface Answer {
  useful: boolean;
  text?: string;
}

/** Who looks after it; "": nobody. */
export interface AssignTo {
  to: string;
}

/** What options would have raised on the counts that are kept. */
export interface Backtest {
  start?: string | null;
  end?: string | null;
  windows: number;
  raised: Raised[];
  expected?: number | null;
  observed?: number | null;
  reason: string;
}

/** The same options as YAML and as they are. */
export interface BothWays {
  text: string;
  options: Record<string, unknown>;
}

/** Something changed. */
export interface Change {
  kind: "alert" | "event" | "judgement" | "missed" | "quiet" | "rows";
  model?: string;
}

/** Something that others should know. */
export interface Comment {
  text: string;
}

/** How long back a digest looks, 1..90 days. */
export interface Days {
  days?: number;
}

/** Something that was told, or not worth telling. */
export interface DigestLine {
  alert: number;
  model: string;
  state: string;
  sentence: string;
  harm: string;
  since: string;
}

/** The field never leaves the process. */
export interface Drop {
  action: "drop";
}

/** Who signs in. */
export interface Entry {
  name: string;
  password: string;
}

/** One thing that a monitor says. */
export interface Evidence {
  source: string;
  monitor: string;
  sentence: string;
  metric?: string;
  value?: number | null;
  unit?: string;
  surprise?: number | null;
  threshold?: number | null;
  overall?: Effect | null;
  overall_metric?: string;
  p_value?: number | null;
  verdict?: "alert" | "ok" | "unknown" | "warning" | null;
  reason?: string;
  distribution?: Distribution | null;
  dates?: string;
  trend?: Trend | null;
}

/** A slice of a model's rows. */
export interface Explored {
  start: string;
  end: string;
  total: number;
  matched: number;
  starts: string[];
  width: string;
  rows_by_time: number[];
  matched_by_time: number[];
  columns: ShownColumn[];
  record?: ReportRecord | null;
  reason: string;
  rows: ((string | number | boolean | null)[])[];
  rows_reason: string;
}

/** The budget of a model over the windows that are judged. */
export interface FalseAlerts {
  model: string;
  expected: number;
  observed: number;
}

/** One number of a feature by window; null where the window has no value. */
export interface FeatureLine {
  name: string;
  level?: number | null;
  values: (number | null)[];
}

/** A feature by the windows of the report, reference first; or by day. */
export interface FeatureOverTime {
  model: string;
  feature: string;
  kind: "quantiles" | "shares";
  starts: string[];
  rows: number[];
  missing: (number | null)[];
  new: (number | null)[];
  lines: FeatureLine[];
}

/** A condition on one column; each part that is given must hold. */
export interface Filter {
  column: string;
  values?: string[] | null;
  min?: number | null;
  max?: number | null;
  missing?: boolean | null;
}

/** What is known of an alert. */
export interface Findings {
  evidence?: Evidence[];
  causes?: CauseResult[];
  harm?: string;
  segments?: SegmentHit[];
  changes?: string[];
  trend?: Trend | null;
  runbooks?: string[];
  headline?: string;
}

/** The first admin, with the code that the server told when it started. */
export interface FirstAdmin {
  code: string;
  name: string;
  password: string;
}

/** The budget of all models together. */
export interface FleetBudget {
  budget?: string | null;
  weights: Record<string, number>;
  shares: FleetShare[];
  expected: number;
  observed: number;
}

/** The share of a model in the fleet's budget: so many false alerts in so many days. */
export interface FleetShare {
  model: string;
  weight: number;
  alerts: number;
  days: number;
}

/** A number is rounded down to a multiple of `step`, or a time or an address is cut `to` its beginning. */
export interface Generalise {
  action: "generalise";
  step?: number | null;
  to?: "day" | "hour" | "month" | "network" | "year" | null;
}

/** A profile that is durable. */
export interface Given {
  model: string;
  rows: number;
  buckets: number;
}

/** What a model is compared to from now on. */
export interface GivenBaseline {
  model: string;
  rows: number;
  columns: number;
}

/** An event shortly before an alert, or during it. */
export interface HappenedThen {
  id: number;
  at: string;
  hours_before: number;
  kind: "configuration" | "deploy" | "holiday" | "note" | "upstream" | "version";
  text: string;
  version: string;
  who: string;
}

/** A keyed hash stands in its place; a client without a key sends nothing of the model. */
export interface Hash {
  action: "hash";
}

/** How the server does. */
export interface Health {
  message: string;
}

/** Days for which what was told is kept. */
export interface History {
  messages_days?: number;
  alerts_days?: number;
  events_days?: number;
}

/** Something that happened to an alert. */
export interface HistoryStep {
  at: string;
  who: string;
  what: string;
  text: string;
}

/** Rows whose column has a value. */
export interface InSegment {
  column: string;
  value: string;
}

/** A column of a reference, as it would be read. */
export interface InferredColumn {
  name: string;
  physical: "binary" | "bool" | "date" | "decimal" | "duration" | "float" | "int" | "list" | "null" | "other" | "string" | "struct" | "time" | "timestamp";
  role: Role;
  kind: Kind;
  why: string;
  examples: string[];
}

/** What a file holds; rows: null where only reading all of it would tell. */
export interface Inspected {
  filename: string;
  rows?: number | null;
  columns: InferredColumn[];
}

/** How long everything is kept. */
export interface Kept {
  history: History;
  terms: Term[];
}

/** How a column's values are read. */
export type Kind = "boolean" | "categorical" | "datetime" | "identifier" | "numeric" | "text" | "vector";

/** What a model is compared to. */
export interface KnownBaseline {
  digest: string;
  revision: number;
  set_at?: string | null;
}

/** How far to look back, 1..180 days, and at which version of the model; null: at all together. */
export interface LastDays {
  days?: number;
  version?: string | null;
}

/** A baseline of what a model has sent. */
export interface LearnFromRows {
  from: string;
  to: string;
  options?: Record<string, unknown>;
}

/** How far a baseline is. */
export interface Learning {
  state?: "failed" | "learned" | "learning" | "none" | "waiting";
  rows_done?: number;
  rows_total?: number | null;
  problem?: string;
  next_step?: string;
}

/** A metric over the latest windows, with a 95 % interval; null where it is unknown. */
export interface Line {
  key: string;
  title: string;
  unit: string;
  worse: string;
  kind: "estimated" | "realised";
  values: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  provisional: boolean[];
  reference?: number | null;
}

/** Some of many. */
export interface ListingModelFeatures {
  items: ModelFeatures[];
  next?: string | null;
}

/** Some of many. */
export interface ListingModelOverview {
  items: ModelOverview[];
  next?: string | null;
}

/** Some of many. */
export interface ListingModelSize {
  items: ModelSize[];
  next?: string | null;
}

/** Some of many. */
export interface ListingPlainAlert {
  items: PlainAlert[];
  next?: string | null;
}

/** Some of many. */
export interface ListingShownChannel {
  items: ShownChannel[];
  next?: string | null;
}

/** Some of many. */
export interface ListingShownEntry {
  items: ShownEntry[];
  next?: string | null;
}

/** Some of many. */
export interface ListingShownEvent {
  items: ShownEvent[];
  next?: string | null;
}

/** Some of many. */
export interface ListingShownFault {
  items: ShownFault[];
  next?: string | null;
}

/** Some of many. */
export interface ListingShownKind {
  items: ShownKind[];
  next?: string | null;
}

/** Some of many. */
export interface ListingShownMaintenance {
  items: ShownMaintenance[];
  next?: string | null;
}

/** Some of many. */
export interface ListingShownSession {
  items: ShownSession[];
  next?: string | null;
}

/** Some of many. */
export interface ListingShownToken {
  items: ShownToken[];
  next?: string | null;
}

/** Some of many. */
export interface ListingShownUser {
  items: ShownUser[];
  next?: string | null;
}

/** What became of an event. */
export interface Logged {
  rows: number;
}

/** How many days to look back, 1..3660. */
export interface LookBack {
  days?: number;
}

/** A channel that was set up. */
export interface MadeChannel {
  channel: ShownChannel;
  secret: string;
}

/** A token. It is told once. */
export interface MadeToken {
  id: number;
  name: string;
  scope: "admin" | "ingest" | "read" | "write";
  token: string;
}

/** What a model's features are called. */
export interface ModelFeatures {
  model: string;
  features: string[];
}

/** Options of a model. */
export interface ModelOptions {
  options: Record<string, unknown>;
  of_baseline: Record<string, unknown>;
  revision: number;
}

/** A model. */
export interface ModelOverview {
  name: string;
  verdict?: string | null;
  headline: string;
  judged_at?: string | null;
  waiting_for: string;
  open_alerts: number;
  alert?: number | null;
  alert_sentence: string;
  alert_harm: string;
  alert_since?: string | null;
  version: string;
  version_at?: string | null;
  fresh_seconds?: number | null;
  baseline_at?: string | null;
  problem: string;
  summary?: Summary | null;
}

/** Bytes of a model. */
export interface ModelSize {
  model: string;
  rows: number;
  rows_bytes: number;
  buckets: number;
  profiles_bytes: number;
  days: number;
  year_bytes?: number | null;
}

/** A way to people. */
export interface NewChannel {
  name: string;
  kind: string;
  settings: Record<string, unknown>;
  secret?: string | null;
  routing?: Routing;
}

/** Something that happened. */
export interface NewEvent {
  kind: "configuration" | "deploy" | "holiday" | "note" | "upstream";
  text: string;
  model?: string;
  at?: string;
  version?: string;
}

/** A budget for all models together, and their weights, in the place of those before. */
export interface NewFleetBudget {
  budget?: string | null;
  weights?: Record<string, number>;
}

/** A span of time in which nothing is told. */
export interface NewMaintenance {
  model: string;
  ends: string;
  why: string;
  begins?: string;
}

/** Options that are wanted, in the place of those before. */
export interface NewOptions {
  options?: Record<string, unknown>;
}

/** A password in the place of the one before. */
export interface NewPassword {
  old: string;
  new: string;
}

/** A token that is wanted. */
export interface NewToken {
  name: string;
  scope: "admin" | "ingest" | "read" | "write";
  models?: string[] | null;
  days?: number | null;
}

/** Somebody who may sign in. */
export interface NewUser {
  name: string;
  password: string;
  role: "admin" | "editor" | "viewer";
  models?: string[] | null;
}

/** A monitor most of whose alerts were not useful, by the answers. */
export interface NoisyMonitor {
  model: string;
  monitor: string;
  alerts: number;
  useful: number;
  not_useful: number;
}

/** Whose rows an Arrow stream holds; JSON says it itself. */
export interface OfArrow {
  model?: string | null;
  version?: string | null;
  section?: "feedback" | "labels" | "predictions";
}

/** Whose payloads they are, where that is not what the event says. */
export interface OfEvent {
  model?: string | null;
  version?: string | null;
}

/** Name of the file that the body is. */
export interface OfFile {
  filename: string;
}

/** A reference. */
export interface OfReference {
  filename: string;
  options?: string;
}

/** How a model serves. */
export interface Operations {
  model: string;
  bucket_seconds: number;
  starts: string[];
  series: OperationsSeries[];
  alerts: OperationsAlert[];
  last_prediction?: string | null;
  age_seconds?: number | null;
  label_age_seconds?: number | null;
  reason: string;
  budget: string;
  versions?: string[];
  version?: string | null;
}

/** A problem of operations. */
export interface OperationsAlert {
  opened: string;
  last: string;
  over: boolean;
  sources: string[];
  sentence: string;
}

/** A metric over time. */
export interface OperationsSeries {
  key: string;
  title: string;
  unit: string;
  values: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  note: string;
}

/** Options, as YAML or as they are; `text` counts where both are given. */
export interface OptionsText {
  text?: string | null;
  options?: Record<string, unknown>;
}

/** What a model's rows can be parted by without looking at them one by one. */
export interface Parts {
  start?: string | null;
  end?: string | null;
  versions: string[];
  segments: Segments[];
}

/** A new password. */
export interface Password {
  password: string;
}

/** An alert as others read it: times in ISO 8601. */
export interface PlainAlert {
  id: number;
  model: string;
  monitor: string;
  state: "acknowledged" | "open" | "resolved" | "snoozed";
  opened: string;
  last: string;
  sources: string[];
  sentence: string;
  harm: string;
  first_at: string;
  changed_at: string;
  tier: "alert" | "warning";
  monitors: string[];
  cause: string;
  assignee: string;
  snoozed_until?: string | null;
  maintenance: string;
  useful?: boolean | null;
}

/** What clients do before they encode a model's rows, after what their own program states. */
export interface Policy {
  fields?: Record<string, Drop | Hash | Truncate | Generalise | Redact>;
}

/** What of a model's rows people may look at; whoever may only read sees none of them. */
export interface Privacy {
  rows?: boolean;
  hidden?: string[];
}

/** The shape of every error: what is wrong, what was found, what is accepted, where, the next step. */
export interface Problem {
  message: string;
  what?: string;
  found?: string;
  accepted?: string;
  where?: string;
  next_step?: string;
}

/** Hours of every day in which nothing is told; what happens then is told at their end, if it still is. */
export interface Quiet {
  begins: string;
  ends: string;
  zone?: string;
}

/** An alert that options would have raised. */
export interface Raised {
  monitor: string;
  tier: string;
  opened: string;
  last: string;
  over: boolean;
  sources: string[];
  sentence: string;
}

/** In texts, what has the shape of these kinds of personal data is replaced; by default of all kinds. */
export interface Redact {
  action: "redact";
  kinds?: ("card" | "email" | "iban" | "ip" | "national_id" | "phone")[] | null;
}

/** What was erased of a model. */
export interface Report {
  model: string;
  ids: number;
  predictions: number;
  labels: number;
  feedback: number;
  quarters: number;
  sampled: number;
  frozen: number;
}

/** Days for which parts of what is known of a model are kept, from when they came and happened. */
export interface Retention {
  rows_days?: number;
  labels_days?: number;
  buckets_days?: number;
  profiles_days?: number;
}

/** What somebody may do from now on; `models` as in `NewUser`. */
export interface Rights {
  role: "admin" | "editor" | "viewer";
  models?: string[] | null;
}

/** What a column is to the model. */
export type Role = "derived" | "entity" | "feature" | "id" | "ignored" | "label" | "label_timestamp" | "prediction" | "score" | "segment" | "timestamp" | "version" | "weight";

/** What is told on a channel, and when. */
export interface Routing {
  models?: string[];
  tiers?: ("alert" | "warning")[];
  after_minutes?: number;
  quiet?: Quiet | null;
  digest?: RoutingDigest | null;
}

/** What is to be done when a model alerts: a text, or where one stands; "": nothing of its own. */
export interface Runbook {
  text: string;
}

/** A column whose values are counted apart. */
export interface Segments {
  column: string;
  values: string[];
}

/** How far the models were asked. */
export interface Served {
  until: number;
}

/** Who asks. */
export interface Session {
  name: string;
  role: "admin" | "editor" | "viewer";
  models?: string[] | null;
  csrf: string;
  open: boolean;
}

/** Whether the first admin can be made now. */
export interface SetUp {
  open: boolean;
}

/** A channel, without what is secret of it; times are ISO 8601 in UTC. */
export interface ShownChannel {
  id: number;
  name: string;
  kind: string;
  settings: Record<string, unknown>;
  secret: string;
  routing: Routing;
  undelivered: number;
  problem?: string | null;
  delivered_at?: string | null;
  digest_at?: string | null;
  made_at: string;
}

/** A column of the rows. */
export interface ShownColumn {
  name: string;
  kind: "boolean" | "number" | "text" | "time";
  role: string;
  values: string[];
  hidden: boolean;
}

/** A message of an alert. Times are ISO 8601 in UTC. */
export interface ShownDelivery {
  channel: string;
  kind: string;
  happened: string;
  made_at: string;
  next_at: string;
  tries: number;
  delivered_at?: string | null;
  problem?: string | null;
}

/** An entry of the audit log. */
export interface ShownEntry {
  id: number;
  at: string;
  who: string;
  action: string;
  object: string;
  address: string;
  about: Record<string, string>;
  seal: string;
}

/** Something that happened; times are ISO 8601 in UTC. */
export interface ShownEvent {
  id: number;
  model: string;
  kind: "configuration" | "deploy" | "holiday" | "note" | "upstream" | "version";
  at: string;
  text: string;
  version: string;
  who: string;
  told_at: string;
}

/** Something that can go wrong. */
export interface ShownFault {
  name: string;
  title: string;
  description: string;
  model: string;
  expected: "alert" | "quiet";
  since?: string | null;
}

/** A kind of channel. */
export interface ShownKind {
  key: string;
  title: string;
  secret: string;
  needs_secret: boolean;
  makes_secret: boolean;
  settings: Record<string, unknown>;
}

/** A span of time in which nothing is told; times are ISO 8601 in UTC. */
export interface ShownMaintenance {
  id: number;
  model: string;
  begins: string;
  ends: string;
  why: string;
  who: string;
  under_way: boolean;
}

/** How long what is known of a model is kept, and what came too late for it. */
export interface ShownRetention {
  retention: Retention;
  labels_waiting: number;
  labels_lost: number;
}

/** A browser in which somebody is signed in. Times are ISO 8601 in UTC. */
export interface ShownSession {
  id: number;
  user: string;
  opened_at: string;
  expires_at: string;
  used_at: string;
  address: string;
  browser: string;
  own: boolean;
}

/** A token, without what is secret of it. Times are ISO 8601 in UTC; null: never. */
export interface ShownToken {
  id: number;
  name: string;
  scope: "admin" | "ingest" | "read" | "write";
  models?: string[] | null;
  created_at: string;
  expires_at?: string | null;
  used_at?: string | null;
}

/** Somebody who may sign in. Times are ISO 8601 in UTC. */
export interface ShownUser {
  id: number;
  name: string;
  role: "admin" | "editor" | "viewer";
  models?: string[] | null;
  created_at: string;
}

/** A part of a model's predictions. */
export interface Slice {
  from?: string | null;
  to?: string | null;
  version?: string | null;
  segment?: InSegment | null;
}

/** A part of a model's rows. */
export interface SliceAsked {
  filters?: Filter[];
  from?: string | null;
  to?: string | null;
  limit?: number;
}

/** When it comes back, ISO 8601; at most a year ahead. */
export interface SnoozeUntil {
  until: string;
}

/** What the processes that serve the models go by. */
export interface State {
  origin: number;
  started?: number | null;
  speed: number;
  until?: number | null;
  active: string[];
}

/** A report in a few lines. */
export interface Summary {
  now: "alert" | "ok" | "unknown" | "warning";
  sentence: string;
  since?: string | null;
  start: string;
  end: string;
  width: string;
  rows: number[];
  per_second?: number | null;
  last_row?: string | null;
  lines: Line[];
  expected?: number | null;
  observed?: number | null;
  labelled?: number | null;
  versions: string[];
  why_not: string;
  harm: string;
  alerts: number;
  warnings: number;
  columns: number;
}

/** How long something is kept. */
export interface Term {
  what: string;
  days?: number | null;
  then: string;
  setting?: string;
  models?: Record<string, number>;
}

/** The number that an alert is about, over the latest windows. */
export interface Trend {
  title: string;
  unit: string;
  starts: string[];
  values: (number | null)[];
  limit?: number | null;
  first: number;
  low?: (number | null)[];
  high?: (number | null)[];
  reference?: number | null;
}

/** What became of a test message. */
export interface Tried {
  delivered: boolean;
  problem: string;
}

/** Only so many of its first characters are kept. */
export interface Truncate {
  action: "truncate";
  characters: number;
}

/** What is compared: two versions, two segments, two times, or any of them together. */
export interface TwoSlices {
  reference: Slice;
  current: Slice;
}

/** How much is exported: `private` leaves out rows, samples, extremes and rare values. */
export interface What {
  private?: boolean;
}

/** Which entries. */
export interface Which {
  after?: number | null;
  limit?: number;
}

/** Which alerts. */
export interface WhichAlerts {
  model?: string | null;
  state?: "acknowledged" | "open" | "resolved" | "snoozed" | "living" | null;
  tier?: "alert" | "any" | "warning";
  after?: number | null;
  limit?: number;
}

/** Which events. */
export interface WhichEvents {
  model?: string | null;
  since?: string | null;
  until?: string | null;
  after?: number | null;
  limit?: number;
}

/** Which models. */
export interface WhichModels {
  after?: string;
  limit?: number | null;
}

/** Whom to erase: the ids of rows, or a column of features or segments and its values in their rows. */
export interface Who {
  values: string[];
  column?: string;
}

/** What happened in some days. */
export interface DigestDigest {
  since: string;
  until: string;
  alerts: DigestLine[];
  harmless: DigestLine[];
  warnings: DigestLine[];
  noisy: NoisyMonitor[];
  budgets: FalseAlerts[];
  quiet: number;
}

/** When the weekly digest is told. */
export interface RoutingDigest {
  weekday?: number;
  hour?: number;
  zone?: string;
}

/** What an address may say. */
export interface Queries {
  "GET /api/v1/alerts": WhichAlerts;
  "GET /api/v1/alerts/{number}": undefined;
  "POST /api/v1/alerts/{number}/acknowledge": undefined;
  "POST /api/v1/alerts/{number}/assign": undefined;
  "POST /api/v1/alerts/{number}/comment": undefined;
  "POST /api/v1/alerts/{number}/reopen": undefined;
  "POST /api/v1/alerts/{number}/resolve": undefined;
  "POST /api/v1/alerts/{number}/snooze": undefined;
  "POST /api/v1/alerts/{number}/useful": undefined;
  "GET /api/v1/audit": Which;
  "POST /api/v1/backup": undefined;
  "GET /api/v1/changes": undefined;
  "GET /api/v1/channels": undefined;
  "POST /api/v1/channels": undefined;
  "POST /api/v1/channels/check": undefined;
  "GET /api/v1/channels/kinds": undefined;
  "DELETE /api/v1/channels/{number}": undefined;
  "PUT /api/v1/channels/{number}": undefined;
  "POST /api/v1/channels/{number}/test": undefined;
  "POST /api/v1/cloudevents": OfEvent;
  "GET /api/v1/demo": undefined;
  "GET /api/v1/demo/faults": undefined;
  "DELETE /api/v1/demo/faults/{name}": undefined;
  "POST /api/v1/demo/faults/{name}": undefined;
  "PUT /api/v1/demo/served": undefined;
  "GET /api/v1/digest": Days;
  "GET /api/v1/events": WhichEvents;
  "POST /api/v1/events": undefined;
  "DELETE /api/v1/events/{number}": undefined;
  "POST /api/v1/export": What;
  "GET /api/v1/features": undefined;
  "GET /api/v1/fleet/budget": undefined;
  "PUT /api/v1/fleet/budget": undefined;
  "POST /api/v1/ingest": OfArrow;
  "POST /api/v1/inspect": OfFile;
  "GET /api/v1/maintenance": undefined;
  "POST /api/v1/maintenance": undefined;
  "DELETE /api/v1/maintenance/{number}": undefined;
  "GET /api/v1/models": WhichModels;
  "POST /api/v1/models/{name}/backtest": undefined;
  "GET /api/v1/models/{name}/baseline": undefined;
  "POST /api/v1/models/{name}/baseline": undefined;
  "POST /api/v1/models/{name}/compare": undefined;
  "GET /api/v1/models/{name}/days/{feature:path}": LookBack;
  "POST /api/v1/models/{name}/erase": undefined;
  "POST /api/v1/models/{name}/explore": undefined;
  "GET /api/v1/models/{name}/features/{feature:path}": undefined;
  "POST /api/v1/models/{name}/learn": undefined;
  "GET /api/v1/models/{name}/learning": undefined;
  "GET /api/v1/models/{name}/operations": LastDays;
  "GET /api/v1/models/{name}/options": undefined;
  "PUT /api/v1/models/{name}/options": undefined;
  "GET /api/v1/models/{name}/parts": undefined;
  "GET /api/v1/models/{name}/policy": undefined;
  "PUT /api/v1/models/{name}/policy": undefined;
  "GET /api/v1/models/{name}/privacy": undefined;
  "PUT /api/v1/models/{name}/privacy": undefined;
  "POST /api/v1/models/{name}/profiles": undefined;
  "POST /api/v1/models/{name}/reference": OfReference;
  "GET /api/v1/models/{name}/report": undefined;
  "GET /api/v1/models/{name}/retention": undefined;
  "PUT /api/v1/models/{name}/retention": undefined;
  "GET /api/v1/models/{name}/runbook": undefined;
  "PUT /api/v1/models/{name}/runbook": undefined;
  "GET /api/v1/openapi.json": undefined;
  "GET /api/v1/retention": undefined;
  "PUT /api/v1/retention": undefined;
  "DELETE /api/v1/session": undefined;
  "GET /api/v1/session": undefined;
  "POST /api/v1/session": undefined;
  "POST /api/v1/session/password": undefined;
  "GET /api/v1/sessions": undefined;
  "DELETE /api/v1/sessions/{number}": undefined;
  "GET /api/v1/setup": undefined;
  "POST /api/v1/setup": undefined;
  "GET /api/v1/size": undefined;
  "GET /api/v1/tokens": undefined;
  "POST /api/v1/tokens": undefined;
  "DELETE /api/v1/tokens/{number}": undefined;
  "GET /api/v1/users": undefined;
  "POST /api/v1/users": undefined;
  "DELETE /api/v1/users/{number}": undefined;
  "PUT /api/v1/users/{number}": undefined;
  "POST /api/v1/users/{number}/password": undefined;
  "POST /api/v1/yaml": undefined;
}

/** What is sent. */
export interface Bodies {
  "GET /api/v1/alerts": undefined;
  "GET /api/v1/alerts/{number}": undefined;
  "POST /api/v1/alerts/{number}/acknowledge": undefined;
  "POST /api/v1/alerts/{number}/assign": AssignTo;
  "POST /api/v1/alerts/{number}/comment": Comment;
  "POST /api/v1/alerts/{number}/reopen": undefined;
  "POST /api/v1/alerts/{number}/resolve": undefined;
  "POST /api/v1/alerts/{number}/snooze": SnoozeUntil;
  "POST /api/v1/alerts/{number}/useful": Answer;
  "GET /api/v1/audit": undefined;
  "POST /api/v1/backup": undefined;
  "GET /api/v1/changes": undefined;
  "GET /api/v1/channels": undefined;
  "POST /api/v1/channels": NewChannel;
  "POST /api/v1/channels/check": NewChannel;
  "GET /api/v1/channels/kinds": undefined;
  "DELETE /api/v1/channels/{number}": undefined;
  "PUT /api/v1/channels/{number}": NewChannel;
  "POST /api/v1/channels/{number}/test": undefined;
  "POST /api/v1/cloudevents": undefined;
  "GET /api/v1/demo": undefined;
  "GET /api/v1/demo/faults": undefined;
  "DELETE /api/v1/demo/faults/{name}": undefined;
  "POST /api/v1/demo/faults/{name}": undefined;
  "PUT /api/v1/demo/served": Served;
  "GET /api/v1/digest": undefined;
  "GET /api/v1/events": undefined;
  "POST /api/v1/events": NewEvent;
  "DELETE /api/v1/events/{number}": undefined;
  "POST /api/v1/export": undefined;
  "GET /api/v1/features": undefined;
  "GET /api/v1/fleet/budget": undefined;
  "PUT /api/v1/fleet/budget": NewFleetBudget;
  "POST /api/v1/ingest": undefined;
  "POST /api/v1/inspect": undefined;
  "GET /api/v1/maintenance": undefined;
  "POST /api/v1/maintenance": NewMaintenance;
  "DELETE /api/v1/maintenance/{number}": undefined;
  "GET /api/v1/models": undefined;
  "POST /api/v1/models/{name}/backtest": NewOptions;
  "GET /api/v1/models/{name}/baseline": undefined;
  "POST /api/v1/models/{name}/baseline": undefined;
  "POST /api/v1/models/{name}/compare": TwoSlices;
  "GET /api/v1/models/{name}/days/{feature:path}": undefined;
  "POST /api/v1/models/{name}/erase": Who;
  "POST /api/v1/models/{name}/explore": SliceAsked;
  "GET /api/v1/models/{name}/features/{feature:path}": undefined;
  "POST /api/v1/models/{name}/learn": LearnFromRows;
  "GET /api/v1/models/{name}/learning": undefined;
  "GET /api/v1/models/{name}/operations": undefined;
  "GET /api/v1/models/{name}/options": undefined;
  "PUT /api/v1/models/{name}/options": NewOptions;
  "GET /api/v1/models/{name}/parts": undefined;
  "GET /api/v1/models/{name}/policy": undefined;
  "PUT /api/v1/models/{name}/policy": Policy;
  "GET /api/v1/models/{name}/privacy": undefined;
  "PUT /api/v1/models/{name}/privacy": Privacy;
  "POST /api/v1/models/{name}/profiles": undefined;
  "POST /api/v1/models/{name}/reference": undefined;
  "GET /api/v1/models/{name}/report": undefined;
  "GET /api/v1/models/{name}/retention": undefined;
  "PUT /api/v1/models/{name}/retention": Retention;
  "GET /api/v1/models/{name}/runbook": undefined;
  "PUT /api/v1/models/{name}/runbook": Runbook;
  "GET /api/v1/openapi.json": undefined;
  "GET /api/v1/retention": undefined;
  "PUT /api/v1/retention": History;
  "DELETE /api/v1/session": undefined;
  "GET /api/v1/session": undefined;
  "POST /api/v1/session": Entry;
  "POST /api/v1/session/password": NewPassword;
  "GET /api/v1/sessions": undefined;
  "DELETE /api/v1/sessions/{number}": undefined;
  "GET /api/v1/setup": undefined;
  "POST /api/v1/setup": FirstAdmin;
  "GET /api/v1/size": undefined;
  "GET /api/v1/tokens": undefined;
  "POST /api/v1/tokens": NewToken;
  "DELETE /api/v1/tokens/{number}": undefined;
  "GET /api/v1/users": undefined;
  "POST /api/v1/users": NewUser;
  "DELETE /api/v1/users/{number}": undefined;
  "PUT /api/v1/users/{number}": Rights;
  "POST /api/v1/users/{number}/password": Password;
  "POST /api/v1/yaml": OptionsText;
}

/** What comes back. */
export interface Answers {
  "GET /api/v1/alerts": ListingPlainAlert;
  "GET /api/v1/alerts/{number}": AlertDetail;
  "POST /api/v1/alerts/{number}/acknowledge": PlainAlert;
  "POST /api/v1/alerts/{number}/assign": PlainAlert;
  "POST /api/v1/alerts/{number}/comment": PlainAlert;
  "POST /api/v1/alerts/{number}/reopen": PlainAlert;
  "POST /api/v1/alerts/{number}/resolve": PlainAlert;
  "POST /api/v1/alerts/{number}/snooze": PlainAlert;
  "POST /api/v1/alerts/{number}/useful": PlainAlert;
  "GET /api/v1/audit": ListingShownEntry;
  "POST /api/v1/backup": undefined;
  "GET /api/v1/changes": undefined;
  "GET /api/v1/channels": ListingShownChannel;
  "POST /api/v1/channels": MadeChannel;
  "POST /api/v1/channels/check": undefined;
  "GET /api/v1/channels/kinds": ListingShownKind;
  "DELETE /api/v1/channels/{number}": undefined;
  "PUT /api/v1/channels/{number}": ShownChannel;
  "POST /api/v1/channels/{number}/test": Tried;
  "POST /api/v1/cloudevents": Logged;
  "GET /api/v1/demo": State;
  "GET /api/v1/demo/faults": ListingShownFault;
  "DELETE /api/v1/demo/faults/{name}": ShownFault;
  "POST /api/v1/demo/faults/{name}": ShownFault;
  "PUT /api/v1/demo/served": State;
  "GET /api/v1/digest": DigestDigest;
  "GET /api/v1/events": ListingShownEvent;
  "POST /api/v1/events": ShownEvent;
  "DELETE /api/v1/events/{number}": undefined;
  "POST /api/v1/export": undefined;
  "GET /api/v1/features": ListingModelFeatures;
  "GET /api/v1/fleet/budget": FleetBudget;
  "PUT /api/v1/fleet/budget": FleetBudget;
  "POST /api/v1/ingest": undefined;
  "POST /api/v1/inspect": Inspected;
  "GET /api/v1/maintenance": ListingShownMaintenance;
  "POST /api/v1/maintenance": ShownMaintenance;
  "DELETE /api/v1/maintenance/{number}": undefined;
  "GET /api/v1/models": ListingModelOverview;
  "POST /api/v1/models/{name}/backtest": Backtest;
  "GET /api/v1/models/{name}/baseline": KnownBaseline;
  "POST /api/v1/models/{name}/baseline": GivenBaseline;
  "POST /api/v1/models/{name}/compare": ReportRecord;
  "GET /api/v1/models/{name}/days/{feature:path}": FeatureOverTime;
  "POST /api/v1/models/{name}/erase": Report;
  "POST /api/v1/models/{name}/explore": Explored;
  "GET /api/v1/models/{name}/features/{feature:path}": FeatureOverTime;
  "POST /api/v1/models/{name}/learn": Learning;
  "GET /api/v1/models/{name}/learning": Learning;
  "GET /api/v1/models/{name}/operations": Operations;
  "GET /api/v1/models/{name}/options": ModelOptions;
  "PUT /api/v1/models/{name}/options": ModelOptions;
  "GET /api/v1/models/{name}/parts": Parts;
  "GET /api/v1/models/{name}/policy": Policy;
  "PUT /api/v1/models/{name}/policy": Policy;
  "GET /api/v1/models/{name}/privacy": Privacy;
  "PUT /api/v1/models/{name}/privacy": Privacy;
  "POST /api/v1/models/{name}/profiles": Given;
  "POST /api/v1/models/{name}/reference": Learning;
  "GET /api/v1/models/{name}/report": ReportRecord;
  "GET /api/v1/models/{name}/retention": ShownRetention;
  "PUT /api/v1/models/{name}/retention": Retention;
  "GET /api/v1/models/{name}/runbook": Runbook;
  "PUT /api/v1/models/{name}/runbook": Runbook;
  "GET /api/v1/openapi.json": undefined;
  "GET /api/v1/retention": Kept;
  "PUT /api/v1/retention": History;
  "DELETE /api/v1/session": undefined;
  "GET /api/v1/session": Session;
  "POST /api/v1/session": Session;
  "POST /api/v1/session/password": Session;
  "GET /api/v1/sessions": ListingShownSession;
  "DELETE /api/v1/sessions/{number}": undefined;
  "GET /api/v1/setup": SetUp;
  "POST /api/v1/setup": Session;
  "GET /api/v1/size": ListingModelSize;
  "GET /api/v1/tokens": ListingShownToken;
  "POST /api/v1/tokens": MadeToken;
  "DELETE /api/v1/tokens/{number}": undefined;
  "GET /api/v1/users": ListingShownUser;
  "POST /api/v1/users": ShownUser;
  "DELETE /api/v1/users/{number}": undefined;
  "PUT /api/v1/users/{number}": ShownUser;
  "POST /api/v1/users/{number}/password": undefined;
  "POST /api/v1/yaml": BothWays;
}
