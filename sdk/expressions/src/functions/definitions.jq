# Our functions that are written in jq. In `map_value` the second argument is evaluated only
# when it is needed, so that it may be `error("…")`.
def map_value($table; otherwise):
  (if . == null then null else tostring end) as $key
  | if $key != null and ($table | has($key)) then $table[$key] else otherwise end;
def date_add_business_days($days): date_add_business_days($days; []);
def IN(values): any(values == .; .);
def as_list: if . == null then [] elif type == "array" then . else [.] end;
def without_nulls:
  if type == "object" then with_entries(select(.value != null) | .value |= without_nulls)
  elif type == "array" then map(without_nulls)
  else . end;
