// Generated from src/leadline/reports/record by ui/generate_types.py; do not edit.
// A null is left out of the page, so a field that may be null may also be absent.

/** A whole report. */
export interface ReportRecord {
  schema_version: 1;
  leadline_version: string;
  verdict: "alert" | "ok" | "unknown" | "warning";
  headline: string;
  summary: string[];
  assumptions: string[];
  false_alarm_rate: number;
  channels: number;
  reference: Side;
  current: Side;
  columns: ColumnResult[];
  quality: Record<string, number | string | boolean | null>;
  quality_reasons: Record<string, string>;
  rules: RuleResult[];
  task: Task;
  performance: Record<string, PerformanceValue>;
  segments: SegmentResult[];
  metrics: Record<string, MetricInfo>;
  timeline?: Timeline | null;
  causes: CauseResult[];
  harm: string;
  explained: string;
  monitors: MonitorResult[];
  concept?: ConceptResult | null;
  detectors: DetectorResult[];
}

/** One of the two tables. */
export interface Side {
  name: string;
  rows: number;
  start?: string | null;
  end?: string | null;
  fingerprint?: string | null;
  rows_left_out: number;
  versions: Record<string, number>;
}

/** One column. */
export interface ColumnResult {
  name: string;
  role: string;
  kind: string;
  physical?: string | null;
  physical_current?: string | null;
  why: string;
  verdict: "alert" | "ok" | "unknown" | "warning";
  reason: string;
  sentence: string;
  decided_by?: string | null;
  effect?: Effect | null;
  p_value?: number | null;
  p_value_adjusted?: number | null;
  detectable?: number | null;
  noise_inflation?: number | null;
  votes: Vote[];
  quality: Record<string, number | string | boolean | null>;
  quality_reasons: Record<string, string>;
  drift: Record<string, DriftValue>;
  distribution?: Distribution | null;
  explained?: Distribution | null;
  explained_dates: string;
}

/** The size of a change, in the statistic that is compared with the floor. */
export interface Effect {
  metric: string;
  value?: number | null;
  low?: number | null;
  high?: number | null;
  floor?: number | null;
  unit: string;
}

/** One statistic that took part in a column's verdict. */
export interface Vote {
  statistic: string;
  p_value?: number | null;
  effect: Effect;
  beyond_floor: boolean;
}

/** One drift metric of one column. */
export interface DriftValue {
  value?: number | null;
  low?: number | null;
  high?: number | null;
  p_value?: number | null;
  bin_error?: number | null;
  reason?: string | null;
}

/** What is drawn of a column: shares of both sides on at most 40 cells. */
export interface Distribution {
  edges?: number[] | null;
  labels?: string[] | null;
  reference: number[];
  current: number[];
}

/** One declared validation rule. */
export interface RuleResult {
  column: string;
  rule: string;
  verdict: "alert" | "ok" | "unknown" | "warning";
  broken: number;
  rows: number;
  examples: string[];
  reason: string;
}

/** What the model does. */
export interface Task {
  kind?: string | null;
  reason: string;
  positive?: string | null;
  threshold?: number | null;
  threshold_why: string;
  classes: string[];
  confusion?: Confusion | null;
  curves: Curve[];
  per_class: Record<string, Record<string, PerformanceValue>>;
  sentence: string;
  verdict: "alert" | "ok" | "unknown" | "warning";
}

/** Confusion matrices of both sides: rows are labels, columns are predictions. */
export interface Confusion {
  classes: string[];
  reference: number[][];
  current: number[][];
}

/** A curve of both sides, at most 100 points each. */
export interface Curve {
  key: string;
  title: string;
  x: string;
  y: string;
  reference: number[][];
  current: number[][];
}

/** One performance metric on both sides. */
export interface PerformanceValue {
  reference?: number | null;
  current?: number | null;
  low?: number | null;
  high?: number | null;
  change?: number | null;
  change_low?: number | null;
  change_high?: number | null;
  p_value?: number | null;
  p_value_adjusted?: number | null;
  verdict: "alert" | "ok" | "unknown" | "warning";
  floor?: number | null;
  rows_reference: number;
  rows_current: number;
  bin_error?: number | null;
  reason?: string | null;
}

/** One segment (shown, does not vote). */
export interface SegmentResult {
  column: string;
  value: string;
  rows_reference: number;
  rows_current: number;
  share_reference: number;
  share_current: number;
  performance: Record<string, PerformanceValue>;
  largest?: string | null;
  largest_effect?: Effect | null;
}

/** What the page needs to know of a metric, from its declaration. */
export interface MetricInfo {
  title: string;
  family: string;
  summary: string;
  unit: string;
  worse: string;
  range: (number | null)[];
  reference: string;
}

/** Both tables over time. */
export interface Timeline {
  window: string;
  why: string;
  zone: string;
  reason: string;
  windows: WindowResult[];
  budget?: Budget | null;
  alerts: TimelineAlert[];
  performance: TimelineSeries[];
  heat: HeatRow[];
  far: number;
  untimed: number;
  labels?: Labels | null;
  digest: string;
  first_weeks?: FirstWeeks | null;
  versions: VersionResult[];
  events: TimelineEvent[];
}

/** One window of time, or one version of the model. */
export interface WindowResult {
  side: "current" | "reference";
  start: string;
  end: string;
  rows: number;
  verdict: "alert" | "ok" | "unknown" | "warning";
  reason: string;
  surprise?: number | null;
  version: string;
}

/** The budget of false alerts that windows keep. */
export interface Budget {
  alerts: number;
  days: number;
  stated: boolean;
  decides: boolean;
  supported: boolean;
  reason: string;
  threshold?: number | null;
  threshold_warning?: number | null;
  expected?: number | null;
  observed: number;
  replayed?: number | null;
  baseline: string;
  season: string;
  gap?: number | null;
  why: string[];
  not_judged: number;
  fleet?: number | null;
}

/** An alert over time. */
export interface TimelineAlert {
  tier: "alert" | "warning";
  opened: number;
  last: number;
  closed?: number | null;
  sources: NamedSource[];
  sentence: string;
  harm: string;
  causes?: CauseResult[] | null;
  segments?: SegmentHit[] | null;
}

/** What an alert names: a column, "performance", or "estimated performance". */
export interface NamedSource {
  source: string;
  channel: string;
  effect: number;
  unit: string;
  surprise: number;
  window: number;
  sentence: string;
}

/** One likely cause of what alerts. */
export interface CauseResult {
  key: string;
  title: string;
  columns: string[];
  sentence: string;
  evidence: Record<string, number | string>;
  share?: number | null;
}

/** A segment whose performance became worse. */
export interface SegmentHit {
  column: string;
  value: string;
  rows: number;
  metric: string;
  title: string;
  change: number;
  low: number;
  high: number;
}

/** One number over all windows, reference first. */
export interface TimelineSeries {
  key: string;
  title: string;
  unit: string;
  worse: string;
  estimated: boolean;
  values: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  labelled: (number | null)[];
  note: string;
  kind: "best" | "estimated" | "realised";
}

/** One column (or "performance") over all windows, reference first. */
export interface HeatRow {
  source: string;
  tier: "" | "alert" | "warning";
  surprise: (number | null)[];
  effect: (number | null)[];
}

/** How complete the labels are. */
export interface Labels {
  known_at?: string | null;
  share?: number | null;
  coverage: number;
  maturity: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  provisional: boolean[];
  delays: LabelDelay[];
  lateness_days?: number | null;
  reason: string;
  estimated: boolean[];
}

/** How long the labels of a class take, in days. */
export interface LabelDelay {
  name: string;
  half?: number | null;
  most?: number | null;
}

/** How windows are judged before the reference has enough of them for the budget. */
export interface FirstWeeks {
  accepted: number;
  needed: number;
  threshold: number;
  switched?: number | null;
  skew: NamedSource[];
  sentence: string;
}

/** One version of the model. */
export interface VersionResult {
  version: string;
  window: number;
  baseline: VersionChange;
  before?: VersionChange | null;
}

/** How a version differs from the baseline, or from another version. */
export interface VersionChange {
  version: string;
  verdict: "ok" | "unknown" | "warning";
  reason: string;
  sources: NamedSource[];
  sentence: string;
  causes: CauseResult[];
  harm: string;
}

/** What people told of the model's surroundings. */
export interface TimelineEvent {
  at: string;
  kind: string;
  text: string;
}

/** A declared monitor: a number by window and one condition. It stands outside the budget of false alerts. */
export interface MonitorResult {
  name: string;
  metric: string;
  title: string;
  unit: string;
  column?: string | null;
  segment?: string | null;
  condition: string;
  tier: "alert" | "warning";
  verdict: "alert" | "ok" | "unknown" | "warning";
  reason: string;
  open: boolean;
  reference?: number | null;
  low?: number | null;
  high?: number | null;
  clear_low?: number | null;
  clear_high?: number | null;
  values: (number | null)[];
  alerts: MonitorAlert[];
  replayed?: number | null;
  replayed_days?: number | null;
  rate?: number | null;
  sentence: string;
  runbook: string;
}

/** An alert of a monitor. Windows are positions in `MonitorResult.values`. */
export interface MonitorAlert {
  since: number;
  opened: number;
  last: number;
  closed?: number | null;
  worst: number;
  value?: number | null;
  sentence: string;
}

/** Whether labels depend on the inputs as in the reference. */
export interface ConceptResult {
  reason: string;
  sentence: string;
  rows: string;
  caution: string;
  size?: number | null;
  low?: number | null;
  high?: number | null;
  p_value?: number | null;
  splits: Record<string, ConceptSplit>;
  used: number[];
  labelled: number[];
}

/** The realised change of a performance metric in two parts, which add up to it; 95 % intervals. */
export interface ConceptSplit {
  realised?: number | null;
  concept?: number | null;
  concept_low?: number | null;
  concept_high?: number | null;
  covariate?: number | null;
  covariate_low?: number | null;
  covariate_high?: number | null;
}

/** What a row-wise drift detector said of the model's errors. Its rate of false alarms is not calibrated. */
export interface DetectorResult {
  key: string;
  title: string;
  changes: number;
  rows: number[];
  times: string[];
  looked_at: number;
  warmed_up: number;
  reason: string;
  sentence: string;
}

export type Verdict = ReportRecord["verdict"];
