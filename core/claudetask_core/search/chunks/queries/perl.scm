(subroutine_declaration_statement name: (_) @name) @function
(package_statement name: (_) @name) @module
(ambiguous_function_call_expression function: (function) @_m . arguments: [(autoquoted_bareword) (string_literal) (interpolated_string_literal)] @name (#set! words "has")) @field
(ambiguous_function_call_expression function: (function) @_m . arguments: (list_expression . [(autoquoted_bareword) (string_literal) (interpolated_string_literal)] @name) (#set! words "has")) @field
