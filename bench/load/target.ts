/** How one socket is opened and when it counts as connected. */
export interface Target {
  readonly port: number;
  /** Of the upgrade request. */
  readonly path: string;
  /** A text frame that goes out once the upgrade was answered. */
  readonly hello?: string;
  /** In what the server sends then, or in its answer to the upgrade. */
  readonly ready: string;
}
