/** After an interrupted run nobody calls this; the broker's guardian does the same then. */
export default async function tearDown(): Promise<void> {
  await globalThis.roomcastBroker?.stop();
}
