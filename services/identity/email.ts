/** The form in which emails are compared. */

/** The part before the @ may differ in case by the standard, but not in the eyes of any user. */
export function normaliseEmail(email: string): string {
  return email.trim().normalize("NFC").toLowerCase();
}
