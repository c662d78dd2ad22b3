import {
  context,
  diag,
  DiagLogLevel,
  propagation,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type SpanKind,
} from '@opentelemetry/api';
import { errorText } from './error-text.ts';
import type { Logger } from './logger.ts';

/** Where a trace stands in a message or request: W3C Trace Context, `traceparent` and `tracestate`. */
type TraceHeaders = Readonly<Record<string, unknown>>;

export interface SpanOptions {
  readonly kind: SpanKind;
  /** What came with the request or message; without it the span is a child of the one under way. */
  readonly parent?: TraceHeaders;
  readonly attributes?: Attributes;
}

const tracer = trace.getTracer('roomcast');
let on = false;

/**
 * Sends spans by OTLP over HTTP to the collector whose base URL is `endpoint`; the official SDK reads the other `OTEL_*`
 * variables (sampler, headers, resource). It is loaded only here: without an endpoint nothing is traced, and it costs nothing.
 *
 * @returns what sends the last spans and ends tracing.
 */
export async function startTracing(
  serviceName: string,
  endpoint: string | undefined,
  logger: Logger,
): Promise<() => Promise<void>> {
  if (endpoint === undefined) return () => Promise.resolve();
  const [{ BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const say = (message: string) => logger.warn({ message }, 'tracing trouble');
  const silent = () => undefined;
  diag.setLogger({ error: say, warn: say, info: silent, debug: silent, verbose: silent }, DiagLogLevel.WARN);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': process.env['OTEL_SERVICE_NAME'] ?? serviceName }),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` })),
    ],
  });
  provider.register();
  on = true;
  return async () => {
    on = false;
    await provider.shutdown();
    trace.disable();
    context.disable();
    propagation.disable();
    diag.disable();
  };
}

/** Calls `work` at once, in a span that ends when its promise does and is never sent where it throws before there is one. */
export function inSpan<Result>(
  name: string,
  options: SpanOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!on) return work();
  const span = startSpan(name, options);
  return context.with(trace.setSpan(context.active(), span), work).then(
    (result) => {
      span.end();
      return result;
    },
    (error: unknown) => {
      span.setStatus({ code: SpanStatusCode.ERROR, message: errorText(error) });
      span.end();
      throw error;
    },
  );
}

function startSpan(name: string, { kind, parent, attributes = {} }: SpanOptions): Span {
  const from = parent === undefined ? context.active() : propagation.extract(ROOT_CONTEXT, parent);
  return tracer.startSpan(name, { kind, attributes }, from);
}

/** Headers that let the receiver continue the current trace; empty without one. */
export function traceHeaders(): Record<string, string> {
  const carrier: Record<string, string> = {};
  if (on) propagation.inject(context.active(), carrier);
  return carrier;
}

/** A span that began now and ends when the answer is called; `undefined` without tracing. */
export function beginSpan(
  name: string,
  options: SpanOptions,
): ((attributes: Attributes) => void) | undefined {
  if (!on) return undefined;
  const span = startSpan(name, options);
  return (attributes) => span.setAttributes(attributes).end();
}
