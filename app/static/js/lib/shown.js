/** Whether an element is to be seen, as far as styles say; its box on another board of the wall is not. */
export const isShown = (element) => getComputedStyle(element).visibility === "visible";
