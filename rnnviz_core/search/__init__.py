"""How a translation is found: greedy and beam search, and the single decoder steps they take."""

USUAL_BEAM = 3  # translations the app and `trace` keep side by side where nobody chose
