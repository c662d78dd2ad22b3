import type { ConsumeMessage } from 'amqplib';
import { z } from 'zod';
import { jsonIn } from '../../../shared/contract/control.ts';
import { PUSH_TEST_TYPE, PushTest } from '../../../shared/devices/push-test.ts';

const TestRequest = z.object({
  properties: z.object({
    type: z.literal(PUSH_TEST_TYPE),
    replyTo: z.string().min(1),
    correlationId: z.string().min(1),
  }),
  test: PushTest,
});
type TestRequest = z.infer<typeof TestRequest>;

/** `undefined` for any other message of the queue. */
export function readTestRequest({ properties, content }: ConsumeMessage): TestRequest | undefined {
  if (properties.type !== PUSH_TEST_TYPE) return undefined;
  return TestRequest.safeParse({ properties, test: jsonIn(content) }).data;
}
