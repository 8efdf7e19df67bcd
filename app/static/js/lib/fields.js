/** Fields of forms as they were drawn, and as they are now. */
export const isTick = (field) => field.type === "checkbox" || field.type === "radio";

/** Whether a visible field holds something else than what the server drew. */
export function isChanged(field) {
  if (isTick(field)) return field.checked !== field.defaultChecked;
  if (field.matches("select")) return field.value !== drawnChoice(field);
  return field.value !== field.defaultValue;
}

const drawnChoice = ({ options }) => ([...options].find((option) => option.defaultSelected) ?? options[0])?.value ?? "";
